/**
 * Read a zip in the browser: its list of members, and each member as a stream of bytes.
 *
 * Takes what Python's zipfile takes, but for the methods that browsers cannot undo: stored and deflated members, also
 * with 64-bit sizes and with sizes behind the data. Nothing in the file is believed: sizes and checksums are compared
 * with what comes out, and every error names the file.
 */

import { Crc32 } from "./crc32.js";

/** The most members a zip may list. */
export const MAX_MEMBERS = 200_000;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const MEMBER = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const MAX_LIST_BYTES = 128 * 1024 ** 2;

/** Say what is wrong with a file that was opened, naming it. */
export class UnreadableFile extends Error {
  /** @param {string} file @param {string} reason */
  constructor(file, reason) {
    super(`${file}: ${reason}`);
    this.name = "UnreadableFile";
  }
}

/**
 * One member of a zip.
 * @typedef {{name: string, size: number, packed: number, method: number, crc: number, at: number, encrypted: boolean}} Member
 */

/** Tell whether a file ends as a zip does. @param {Blob} blob @returns {Promise<boolean>} */
export async function isZip(blob) {
  return (await endOf(blob)) !== null;
}

/**
 * Return the members of a zip in the order of its list, folders left out.
 * @param {Blob} blob
 * @param {string} file what the errors call it
 * @returns {Promise<Member[]>}
 * @throws {UnreadableFile}
 */
export async function membersOf(blob, file) {
  const end = await endOf(blob);
  if (!end) throw new UnreadableFile(file, "is no zip: its list of members is missing");
  const { count, bytes, at } = await listPlace(blob, end, file);
  if (count > MAX_MEMBERS) throw new UnreadableFile(file, `lists ${count} members; the limit is ${MAX_MEMBERS}`);
  if (at + bytes > blob.size || bytes > MAX_LIST_BYTES) {
    throw new UnreadableFile(file, "is a damaged zip: its list of members reaches beyond its end");
  }
  const view = await viewOf(blob, at, bytes);
  const members = [];
  let place = 0;
  for (let i = 0; i < count; i += 1) {
    if (place + 46 > bytes || view.getUint32(place, true) !== MEMBER) {
      throw new UnreadableFile(file, `is a damaged zip: member ${i + 1} of ${count} is missing from its list`);
    }
    const [member, length] = readMember(view, place, bytes, file);
    if (!member.name.endsWith("/")) members.push(member);
    place += length;
  }
  return members;
}

/**
 * Return the bytes of a member as a stream, unpacked, and checked for size and checksum as they pass.
 * @param {Blob} blob
 * @param {Member} member
 * @param {string} file what the errors call the zip
 * @returns {Promise<ReadableStream<Uint8Array>>}
 * @throws {UnreadableFile} also out of the stream
 */
export async function streamOf(blob, member, file) {
  const called = `${file}: ${member.name}`;
  if (member.encrypted) throw new UnreadableFile(called, "is encrypted");
  if (member.method !== 0 && member.method !== 8) {
    throw new UnreadableFile(called, `is packed by method ${member.method}; only stored and deflated members can be read`);
  }
  const head = member.at + 30 <= blob.size ? await viewOf(blob, member.at, 30) : null;
  if (!head || head.getUint32(0, true) !== LOCAL) throw new UnreadableFile(called, "is not where the zip says");
  const begin = member.at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  if (begin + member.packed > blob.size) throw new UnreadableFile(called, "reaches beyond the end of the zip");
  const packed = blob.slice(begin, begin + member.packed).stream();
  const plain = member.method === 0 ? packed : packed.pipeThrough(new DecompressionStream("deflate-raw"));
  return checked(plain, member, called);
}

function checked(stream, member, called) {
  const reader = stream.getReader();
  const crc = new Crc32();
  let size = 0;
  return new ReadableStream({
    async pull(controller) {
      let next;
      try {
        next = await reader.read();
      } catch {
        controller.error(new UnreadableFile(called, "is damaged: it cannot be unpacked"));
        return;
      }
      if (next.done) {
        if (size !== member.size) controller.error(new UnreadableFile(called, `is damaged: ${size} of ${member.size} bytes`));
        else if (crc.value !== member.crc) controller.error(new UnreadableFile(called, "is damaged: wrong checksum"));
        else controller.close();
        return;
      }
      size += next.value.length;
      if (size > member.size) {
        await reader.cancel();
        controller.error(new UnreadableFile(called, `unpacks to more than the ${member.size} bytes the zip says`));
        return;
      }
      crc.add(next.value);
      controller.enqueue(next.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

async function endOf(blob) {
  const length = Math.min(blob.size, END_BYTES + LONGEST_COMMENT);
  if (length < END_BYTES) return null;
  const view = await viewOf(blob, blob.size - length, length);
  for (let place = length - END_BYTES; place >= 0; place -= 1) {
    if (view.getUint32(place, true) !== END) continue;
    if (place + END_BYTES + view.getUint16(place + 20, true) !== length) continue;
    return {
      at: blob.size - length + place,
      count: view.getUint16(place + 10, true),
      bytes: view.getUint32(place + 12, true),
      list: view.getUint32(place + 16, true),
    };
  }
  return null;
}

async function listPlace(blob, end, file) {
  const plain = { count: end.count, bytes: end.bytes, at: end.list };
  if (end.count !== 0xffff && end.bytes !== 0xffffffff && end.list !== 0xffffffff) return plain;
  const locator = end.at >= 20 ? await viewOf(blob, end.at - 20, 20) : null;
  if (!locator || locator.getUint32(0, true) !== LOCATOR_64) return plain;
  const at = Number(locator.getBigUint64(8, true));
  const wide = at + 56 <= blob.size ? await viewOf(blob, at, 56) : null;
  if (!wide || wide.getUint32(0, true) !== END_64) {
    throw new UnreadableFile(file, "is a damaged zip: its 64-bit end record is missing");
  }
  return {
    count: Number(wide.getBigUint64(32, true)),
    bytes: Number(wide.getBigUint64(40, true)),
    at: Number(wide.getBigUint64(48, true)),
  };
}

function readMember(view, place, bytes, file) {
  const flags = view.getUint16(place + 8, true);
  const nameBytes = view.getUint16(place + 28, true);
  const extraBytes = view.getUint16(place + 30, true);
  const length = 46 + nameBytes + extraBytes + view.getUint16(place + 32, true);
  if (place + length > bytes) throw new UnreadableFile(file, "is a damaged zip: its list of members is cut off");
  const name = new Uint8Array(view.buffer, view.byteOffset + place + 46, nameBytes);
  const member = {
    name: new TextDecoder("utf-8").decode(name),
    method: view.getUint16(place + 10, true),
    crc: view.getUint32(place + 16, true),
    packed: view.getUint32(place + 20, true),
    size: view.getUint32(place + 24, true),
    at: view.getUint32(place + 42, true),
    encrypted: (flags & 1) === 1,
  };
  widen(member, new DataView(view.buffer, view.byteOffset + place + 46 + nameBytes, extraBytes));
  return [member, length];
}

/** Take the 64-bit sizes and place of a member out of its extra field, where the 32-bit ones say so. */
function widen(member, extra) {
  for (let place = 0; place + 4 <= extra.byteLength; ) {
    const length = extra.getUint16(place + 2, true);
    if (extra.getUint16(place, true) === 1) {
      let at = place + 4;
      for (const name of ["size", "packed", "at"]) {
        if (member[name] !== 0xffffffff || at + 8 > Math.min(extra.byteLength, place + 4 + length)) continue;
        member[name] = Number(extra.getBigUint64(at, true));
        at += 8;
      }
      return;
    }
    place += 4 + length;
  }
}

async function viewOf(blob, at, length) {
  return new DataView(await blob.slice(at, at + length).arrayBuffer());
}
