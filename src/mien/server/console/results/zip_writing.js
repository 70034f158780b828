/** Write a zip in the browser, its members deflated. */

import { Crc32 } from "./crc32.js";

const UTF_8_NAMES = 0x0800;
const DEFLATED = 8;
// 1980-01-01, the first day a zip can name: the same tables give the same bytes.
const DAY = 0x0021;

/**
 * Return a zip of members, each made when its turn comes.
 * @param {{name: string, content: () => Blob|Promise<Blob>}[]} members at most 65,535
 * @returns {Promise<Blob>}
 * @throws {RangeError} where it would not fit into a zip without 64-bit sizes
 */
export async function zipOf(members) {
  const parts = [];
  const list = [];
  let at = 0;
  for (const { name, content } of members) {
    const plain = await content();
    const packed = await new Response(plain.stream().pipeThrough(new CompressionStream("deflate-raw"))).blob();
    const known = { name: new TextEncoder().encode(name), crc: await checksum(plain), packed: packed.size, size: plain.size, at };
    const head = headOf(known);
    parts.push(head, packed);
    list.push(entryOf(known));
    at += head.length + packed.size;
  }
  if (members.length > 0xffff || at > 0xffffffff) throw new RangeError("the tables are too many or too large for a zip of 4 GB");
  const bytes = list.reduce((sum, entry) => sum + entry.length, 0);
  return new Blob([...parts, ...list, endOf(list.length, bytes, at)], { type: "application/zip" });
}

async function checksum(blob) {
  const crc = new Crc32();
  const reader = blob.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return crc.value;
    crc.add(value);
  }
}

function common(view, at, { crc, packed, size, name }) {
  view.setUint16(at, 20, true);
  view.setUint16(at + 2, UTF_8_NAMES, true);
  view.setUint16(at + 4, DEFLATED, true);
  view.setUint16(at + 8, DAY, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, packed, true);
  view.setUint32(at + 18, size, true);
  view.setUint16(at + 22, name.length, true);
}

function headOf(known) {
  const bytes = new Uint8Array(30 + known.name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x04034b50, true);
  common(view, 4, known);
  bytes.set(known.name, 30);
  return bytes;
}

function entryOf(known) {
  const bytes = new Uint8Array(46 + known.name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x02014b50, true);
  view.setUint16(4, 20, true);
  common(view, 6, known);
  view.setUint32(42, known.at, true);
  bytes.set(known.name, 46);
  return bytes;
}

function endOf(count, bytes, at) {
  const view = new DataView(new ArrayBuffer(22));
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, count, true);
  view.setUint16(10, count, true);
  view.setUint32(12, bytes, true);
  view.setUint32(16, at, true);
  return new Uint8Array(view.buffer);
}
