import assert from "node:assert/strict";
import { test } from "node:test";
import { isZip, membersOf, streamOf } from "../../../src/mien/server/console/results/zip.js";
import { zipOf } from "../../../src/mien/server/console/results/zip_writing.js";

const TEXT = "Id,Frame\n" + "face_0,3\n".repeat(500);

async function aZip(...members) {
  const listed = members.length ? members : [["file-0-a/csv/a/face.csv", TEXT], ["ünïcode.txt", "ü"]];
  const blob = await zipOf(listed.map(([name, text]) => ({ name, content: () => new Blob([text]) })));
  return new Uint8Array(await blob.arrayBuffer());
}

async function textOf(bytes, place = 0) {
  const blob = new Blob([bytes]);
  const members = await membersOf(blob, "a.zip");
  return new Response(await streamOf(blob, members[place], "a.zip")).text();
}

test("what is written is read again", async () => {
  const bytes = await aZip();
  assert.deepEqual((await membersOf(new Blob([bytes]), "a.zip")).map(({ name }) => name), ["file-0-a/csv/a/face.csv", "ünïcode.txt"]);
  assert.equal(await textOf(bytes), TEXT);
  assert.equal(await textOf(bytes, 1), "ü");
  assert.equal(await isZip(new Blob([bytes])), true);
});

test("a comment behind the list does not hide it", async () => {
  const bytes = await aZip();
  const longer = new Uint8Array([...bytes, ...new TextEncoder().encode("kept")]);
  new DataView(longer.buffer).setUint16(bytes.length - 2, 4, true);
  assert.equal(await textOf(longer), TEXT);
});

test("64-bit sizes and places are read", async () => {
  const bytes = await aZip(["a.csv", TEXT]);
  const view = new DataView(bytes.buffer);
  const list = view.getUint32(bytes.length - 6, true);
  const extra = new Uint8Array(28);
  const fields = new DataView(extra.buffer);
  fields.setUint16(0, 1, true);
  fields.setUint16(2, 24, true);
  fields.setBigUint64(4, BigInt(view.getUint32(list + 24, true)), true);
  fields.setBigUint64(12, BigInt(view.getUint32(list + 20, true)), true);
  fields.setBigUint64(20, BigInt(view.getUint32(list + 42, true)), true);
  for (const place of [20, 24, 42]) view.setUint32(list + place, 0xffffffff, true);
  view.setUint16(list + 30, extra.length, true);
  view.setUint32(bytes.length - 10, view.getUint32(bytes.length - 10, true) + extra.length, true);
  const wide = new Uint8Array([...bytes.subarray(0, bytes.length - 22), ...extra, ...bytes.subarray(bytes.length - 22)]);
  assert.equal(await textOf(wide), TEXT);
});

for (const [what, at, value] of [["checksum", 16, 1], ["size", 24, 9]]) {
  test(`a wrong ${what} is told with the names of zip and member`, async () => {
    const bytes = await aZip();
    const view = new DataView(bytes.buffer);
    view.setUint32(view.getUint32(bytes.length - 6, true) + at, value, true);
    await assert.rejects(textOf(bytes), { name: "UnreadableFile", message: /^a\.zip: file-0-a\/csv\/a\/face\.csv: / });
  });
}

test("damaged bytes are told", async () => {
  const bytes = await aZip();
  bytes.fill(0xff, 60, 75);
  await assert.rejects(textOf(bytes), /damaged/);
});

test("a member packed another way, or encrypted, is refused by name", async () => {
  for (const [place, value, reason] of [[10, 12, /method 12/], [8, 1, /encrypted/]]) {
    const bytes = await aZip();
    const view = new DataView(bytes.buffer);
    view.setUint16(view.getUint32(bytes.length - 6, true) + place, value, true);
    await assert.rejects(textOf(bytes), reason);
  }
});

test("a list cut off, or longer than told, is refused", async () => {
  const bytes = await aZip();
  const view = new DataView(bytes.buffer);
  view.setUint16(bytes.length - 12, 7, true);
  await assert.rejects(membersOf(new Blob([bytes]), "a.zip"), /a\.zip: is a damaged zip: member 3 of 7/);
  view.setUint32(bytes.length - 6, 0x7fffffff, true);
  await assert.rejects(membersOf(new Blob([bytes]), "a.zip"), /beyond its end/);
});

test("what is no zip is none", async () => {
  assert.equal(await isZip(new Blob(["[]"])), false);
  assert.equal(await isZip(new Blob(["x".repeat(100_000)])), false);
});
