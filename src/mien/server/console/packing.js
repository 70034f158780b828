/**
 * Packs a folder into zips that are small enough to be uploaded.
 *
 * @module packing
 */

import { zipOf } from "./results/zip_writing.js";

/** Bytes of what a zip says of a member, without its name, and of what it says at its end. */
const MEMBER_BYTES = 30 + 46;
const END_BYTES = 22;
/** What deflating may add to bytes that are packed already, as those of media are. */
const DEFLATING_ADDS = 1.001;

/**
 * Packs files under their paths.
 *
 * @param {string} name of the folder
 * @param {Array<{path: string, file: File}>} members
 * @param {number} limit most bytes of one zip
 * @returns {Promise<File[]>} `name.zip`, or `name-1.zip`, `name-2.zip` … where one would be over the limit
 */
export async function packFolder(name, members, limit) {
  const packed = [];
  const names = zipNames(name, members, limit);
  for (const [i, bunch] of bunchesOf(members, limit).entries()) {
    const zip = await zipOf(bunch.map(({ path, file }) => ({ name: path, content: () => file })));
    packed.push(new File([zip], names[i], { type: "application/zip" }));
  }
  return packed;
}

/** Names the zips a folder goes into, before any is made. */
export function zipNames(name, members, limit) {
  const bunches = bunchesOf(members, limit);
  return bunches.map((_, i) => (bunches.length > 1 ? `${name}-${i + 1}.zip` : `${name}.zip`));
}

/** Deals files out to as many zips as are needed, in their order. */
function bunchesOf(members, limit) {
  const bunches = [];
  let room = 0;
  for (const member of members) {
    const needed = member.file.size * DEFLATING_ADDS + MEMBER_BYTES + 2 * new TextEncoder().encode(member.path).length;
    if (needed > room) {
      bunches.push([]);
      room = limit - END_BYTES;
    }
    bunches.at(-1).push(member);
    room -= needed;
  }
  return bunches;
}
