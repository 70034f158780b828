import assert from "node:assert/strict";
import { test } from "node:test";
import { readOld } from "../../../src/mien/server/console/results/old.js";
import { zipOfTables } from "../../../src/mien/server/console/results/table_files.js";
import { zipOf } from "../../../src/mien/server/console/results/zip_writing.js";

const FACE = { frame: 3, time: 0.1, prob: 0.99, box: { x: 1.5, y: 2, w: 30, h: 40 }, emotions: [{ name: "Joy", score: 0.5 }], facs: null, descriptions: null };
const WORD = { text: "Hi,", position: { begin: 0, end: 3 }, time: null, confidence: null, speaker_confidence: null, emotions: [{ name: "Joy", score: 0.25 }],
  sentiment: [{ name: "1", score: 0.1 }, { name: "9", score: 0.9 }], toxicity: null };

function anElement(models, file = "clip.mp4", type = "video") {
  const grouped = Object.fromEntries(Object.entries(models).map(([model, predictions]) => [model, { metadata: null, grouped_predictions: [{ id: "unknown", predictions }] }]));
  return { source: { type: "file", filename: file, content_type: null, md5sum: "0" }, results: { predictions: [{ file, file_type: type, models: grouped }], errors: [{ file: "b.mp4", message: "cut off" }] } };
}

function read(content, name = "predictions.json") {
  return readOld(new Blob([content]), name);
}

async function whole(results) {
  if (!results.done) await new Promise((done) => results.addEventListener("done", done, { once: true }));
  return results;
}

async function zipped(...members) {
  return zipOf(members.map(([name, text]) => ({ name, content: () => new Blob([text]) })));
}

test("an array and a callback's body read alike", async () => {
  const elements = [anElement({ face: [FACE], language: [WORD] }), { source: { type: "url", url: "https://example.org/a.jpg" }, error: "refused" }];
  for (const told of [elements, { job_id: "x", status: "COMPLETED", predictions: elements }]) {
    const { sources, files } = await read(JSON.stringify(told));
    assert.deepEqual(sources.map(({ name, error }) => [name, error]), [["clip.mp4", null], ["https://example.org/a.jpg", "refused"]]);
    assert.equal(files[0].tables.get("face").row(0).box.x, 1.5);
    assert.equal(files[0].tables.get("face").scoreOf("emotions", "Joy")(0), 0.5);
    assert.equal(files[0].tables.get("language").text[0], "Hi,");
    assert.deepEqual([files[1].name, files[1].errors], ["b.mp4", ["cut off"]]);
  }
});

test("NaN as Python writes it, and UTF-16 as some shells write it, are read", async () => {
  const json = JSON.stringify([anElement({ face: [FACE], language: [{ ...WORD, text: "NaN" }] })]).replace("0.99", "NaN");
  const { files } = await read(json);
  assert.ok(Number.isNaN(files[0].tables.get("face").prob[0]));
  assert.equal(files[0].tables.get("language").text[0], "NaN");
  const wide = new Uint8Array([0xff, 0xfe, ...new Uint8Array(Uint16Array.from([...JSON.stringify([anElement({ face: [FACE] })])].map((letter) => letter.charCodeAt(0))).buffer)]);
  assert.equal((await read(wide)).files[0].tables.get("face").count, 1);
});

test("a zip of artifacts reads as the JSON does", async () => {
  const results = await whole(await readOld(await zipped(
    ["url-0-a.zip/csv/day/clip.mp4/face.csv", "Id,Frame,Time,Probability,FaceX0,FaceY0,FaceWidth,FaceHeight,Joy,AU12 Lip Corner Puller,Smile\nface_0,3,0.1,0.9,12.5,1,2,3,0.25,,0.75\n"],
    ["text-0/csv/1/language.csv", 'Id,Text,BeginPosition,EndPosition,BeginTime,EndTime,Joy,1,9,toxic\nunknown,"1984, he\r\nsaid",0,14,,,0.5,0.2,0.8,\n'],
    ["url-0-a.zip/faces/day/clip.mp4/face_0/frame=3.png", "png"]), "artifacts.zip"));
  assert.deepEqual(results.sources.map(({ type, name }) => [type, name]), [["url", "a.zip"], ["text", "text"]]);
  const [clip, text] = results.files;
  assert.deepEqual([clip.name, clip.type, text.name, text.type], ["day/clip.mp4", "video", "1", "text"]);
  const face = clip.tables.get("face");
  assert.deepEqual([...face.heads.keys()], ["emotions", "descriptions"]);
  assert.deepEqual([face.frame[0], face.begin[0], face.box[0], face.groups[0]], [3, 0.1, 12.5, "face_0"]);
  assert.equal(text.tables.get("language").text[0], "1984, he\r\nsaid");
  assert.deepEqual([...text.tables.get("language").heads.keys()], ["emotions", "sentiment"]);
});

test("our own tables are read again", async () => {
  const written = await zipOfTables(await read(JSON.stringify([anElement({ face: [FACE], language: [WORD] })])));
  const { files } = await whole(await readOld(written, "again.zip"));
  assert.equal(files[0].tables.get("face").scoreOf("emotions", "Joy")(0), 0.5);
  assert.deepEqual(files[0].tables.get("language").row(0).position, { begin: 0, end: 3 });
  assert.equal(files[0].tables.get("language").row(0).text, "Hi,");
});

for (const content of ["", "{", "42", "[1]", '[{"source": {}}]', '{"message": "job is in progress"}', "\u0000\u0001", '[{"source": {"type": "file"}, "results": {"predictions": 3}}]',
  '[{"source": {"type": "file"}, "results": {"predictions": [{"file": "a", "models": {"face": {"grouped_predictions": [{"id": 1, "predictions": [null]}]}}}]}}]']) {
  test(`what is no result is refused by name: ${JSON.stringify(content).slice(0, 40)}`, async () => {
    await assert.rejects(read(content, "odd.json"), { name: "UnreadableFile", message: /^odd\.json: / });
  });
}

test("the element that is wrong is named", async () => {
  const broken = [anElement({ face: [FACE] }), { source: { type: "file" } }];
  await assert.rejects(read(JSON.stringify(broken)), /element 2/);
});

test("a file over the limit is refused before it is read", async () => {
  const huge = { size: 600 * 1024 ** 2, slice: (from, to) => new Blob([" ".repeat(to - from)]) };
  await assert.rejects(readOld(huge, "huge.json"), /huge\.json: holds 630 MB; the limit for JSON is 504 MB/);
});

test("a zip without tables is refused", async () => {
  await assert.rejects(readOld(await zipped(["a.csv", "Id"]), "photos.zip"), /photos\.zip: is a zip without tables/);
});

for (const [what, table] of [["no Id", "Frame\n3\n"], ["a quote without an end", 'Id,Text\nunknown,"a\n'], ["no UTF-8", new Uint8Array([73, 100, 10, 0xff, 0xfe])]]) {
  test(`a table with ${what} is refused by zip and member`, async () => {
    await assert.rejects(readOld(await zipped(["file-0-a/csv/a/face.csv", table]), "b.zip").then(whole), /^UnreadableFile: b\.zip: file-0-a\/csv\/a\/face\.csv: /);
  });
}

test("what breaks off later ends the results with the reason", async () => {
  const results = await whole(await readOld(await zipped(["file-0-a/csv/a/face.csv", "Id,Joy\nface_0,0.5\n"], ["file-0-a/csv/a/prosody.csv", "Joy\n0\n"]), "c.zip"));
  assert.match(results.error.message, /c\.zip: file-0-a\/csv\/a\/prosody\.csv: /);
  assert.equal(results.files[0].tables.get("face").count, 1);
});
