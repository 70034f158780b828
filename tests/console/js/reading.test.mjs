import assert from "node:assert/strict";
import test from "node:test";

import { tableFrom } from "../../../src/mien/server/console/results/model.js";
import { answer, face, read, scores, word } from "./wire.mjs";

const TALK = answer([
  {
    name: "talks/a.mp4", type: "video",
    models: {
      face: [{ id: "face_1", predictions: [face(0, 0.25, 0.5, 0.125), face(1 / 3, 0, 1, 1e-7)] }, { id: "face_0", predictions: [face(0.04, -0.01, 0.999999, 2)] }],
      language: [{ id: "spk_0", predictions: [word("Süß, “so”!", 0.1, 0.4, 0.5, 0.5, 0.5), { ...word("\\ \" }]", 0.5, 0.9, 0.1, 0.2, 0.3), is_context: true }] }],
      burst: [],
    },
  },
], [{ file: "talks/a.mp4", message: "unable to transcribe" }, { file: "talks/b.mp4", message: "file is empty" }]);

/** What a table says, number by number to seven digits: scores are kept as float32. */
function told(table) {
  const round = (key, value) => (typeof value === "number" ? Number(value.toPrecision(6)) : value);
  return JSON.parse(JSON.stringify(Array.from({ length: table.count }, (_, i) => table.row(i)), round));
}

test("rows are the same however the bytes are cut and the JSON is laid out", () => {
  const whole = Object.fromEntries(Object.entries(TALK[0].results.predictions[0].models).map(([name, { grouped_predictions: groups }]) => [name, told(tableFrom(name, groups))]));
  for (const text of [JSON.stringify(TALK), JSON.stringify(TALK, null, 1), JSON.stringify(TALK).replaceAll(":", " :\t")]) {
    for (const size of [1, 3, 64, 4096]) {
      const [file] = read(text, size).files;
      for (const [name, table] of file.tables) assert.deepEqual(told(table), whole[name], `${name} in pieces of ${size}`);
    }
  }
});

test("a row reads as it stood on the wire", () => {
  const [file] = read(JSON.stringify(TALK)).files;
  const row = file.tables.get("language").row(1);
  assert.equal(row.text, "\\ \" }]");
  assert.equal(row.is_context, true);
  assert.deepEqual(row.position, { begin: 0, end: 6 });
  assert.deepEqual(row.time, { begin: 0.5, end: 0.9 });
  assert.equal(file.tables.get("face").row(0).box.y, -2);
  assert.equal(file.tables.get("face").row(2).time, 0.04);
});

test("a model that found nothing has an empty table", () => {
  const [file] = read(JSON.stringify(TALK)).files;
  assert.deepEqual([...file.tables.keys()], ["face", "language", "burst"]);
  assert.equal(file.tables.get("burst").count, 0);
});

test("errors go to their file, and a file with nothing else is listed with them", () => {
  const results = read(JSON.stringify(TALK));
  assert.deepEqual(results.files.map(({ name, type, errors }) => [name, type, errors]), [
    ["talks/a.mp4", "video", ["unable to transcribe"]],
    ["talks/b.mp4", "", ["file is empty"]],
  ]);
});

test("sources come with names and what went wrong, in any order of keys", () => {
  const sources = [
    { error: "could not download: HTTP 404", source: { type: "url", url: "https://a.example/x.png" } },
    { results: { errors: [], predictions: [] }, source: { type: "text" } },
  ];
  assert.deepEqual(read(JSON.stringify(sources)).sources, [
    { index: 0, type: "url", name: "https://a.example/x.png", error: "could not download: HTTP 404" },
    { index: 1, type: "text", name: "", error: null },
  ]);
});

test("a group whose id comes last is read too", () => {
  const turned = answer([{ models: { face: [{ predictions: [face(0, 1, 0, 0)], id: "face_3" }] }, type: "image", name: "a.jpg" }]);
  const [file] = read(JSON.stringify(turned), 5).files;
  assert.deepEqual(file.tables.get("face").groups, ["face_3"]);
});

test("scores whose names change places are told apart by name", () => {
  const first = face(0, 0.1, 0.2, 0.3);
  const second = { ...face(1, 0, 0, 0), emotions: scores(0.4, 0.5, 0.6).reverse() };
  const [file] = read(JSON.stringify(answer([{ name: "a", type: "video", models: { face: [{ id: "unknown", predictions: [first, second] }] } }]))).files;
  const joy = file.tables.get("face").scoreOf("emotions", "Joy");
  assert.deepEqual([0, 1].map((i) => joy(i).toFixed(2)), ["0.20", "0.50"]);
});

test("what is no array of predictions is refused, and so is half of one", () => {
  assert.throws(() => read('{"message": "no"}'), SyntaxError);
  assert.throws(() => read(JSON.stringify(TALK).slice(0, -20)), /end in the middle/);
});

test("a long text does not make reading slow", () => {
  const text = "lorem ipsum ".repeat(400_000);
  const one = answer([{ name: "1", type: "text", models: { language: [{ id: "unknown", predictions: [{ ...word("", 0, 0, 1, 1, 1), text, time: null }] }] } }]);
  const begun = performance.now();
  const [file] = read(JSON.stringify(one), 16384).files;
  assert.equal(file.tables.get("language").text[0].length, text.length);
  assert.ok(performance.now() - begun < 5000);
});

test("a hundred thousand predictions are read in pieces without an object for each score", () => {
  const groups = Array.from({ length: 4 }, (_, person) => ({ id: `face_${person}`, predictions: Array.from({ length: 25_000 }, (_row, i) => face(i / 7, i / 25_000, 0.5, person / 4)) }));
  const bytes = new TextEncoder().encode(JSON.stringify(answer([{ name: "a.mp4", type: "video", models: { face: groups } }])));
  const results = read(bytes);
  const table = results.files[0].tables.get("face");
  assert.equal(results.predictions, 100_000);
  assert.equal(table.scoreOf("emotions", "Surprise (negative)")(99_999), 0.75);
  assert.equal(table.rowsOf("face_2").length, 25_000);
});
