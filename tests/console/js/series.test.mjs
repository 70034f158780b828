import assert from "node:assert/strict";
import test from "node:test";

import { tableFrom } from "../../../src/mien/server/console/results/model.js";
import { minMax, Playhead, seriesOf, smooth, strongest, thresholded } from "../../../src/mien/server/console/results/series.js";
import { Tracks } from "../../../src/mien/server/console/results/tracks.js";
import { face, word } from "./wire.mjs";

const rounded = (values) => Array.from(values, (value) => (Number.isNaN(value) ? null : Number(value.toFixed(3))));

test("smoothing averages what is near in time, not what is near in the list", () => {
  assert.deepEqual(rounded(smooth([0, 1, 2, 10], [0, 1, 2, 9], 2)), [0.5, 1, 1.5, 9]);
  assert.deepEqual(rounded(smooth([0, 1, 2], [0, NaN, 2], 2)), [0, null, 2]);
  assert.deepEqual(rounded(smooth([0, 1], [3, 5], 0)), [3, 5]);
});

test("what is under the threshold is a gap", () => {
  assert.deepEqual(rounded(thresholded([0.1, 0.5, 0.4], 0.4)), [null, 0.5, 0.4]);
});

test("thinning keeps the highest peak of an hour, and its ends", () => {
  const times = Float64Array.from({ length: 100_000 }, (_, i) => i / 28);
  const values = Float32Array.from({ length: 100_000 }, (_, i) => (i === 54_321 ? 1 : Math.sin(i) / 10));
  const { x, y } = minMax(times, values, { most: 1500 });
  assert.ok(x.length <= 1500);
  assert.ok(y.includes(1));
  assert.ok(times[99_999] - x.at(-1) < 5);
});

test("what is visible is drawn in full when there is little of it", () => {
  const times = Float64Array.from({ length: 1000 }, (_, i) => i);
  const { x } = minMax(times, times, { from: 10, to: 12 });
  assert.deepEqual(x, [9, 10, 11, 12]);
});

test("a gap stays one gap", () => {
  const { y } = minMax([0, 1, 2, 3, 4], [1, NaN, NaN, NaN, 2]);
  assert.deepEqual(y, [1, null, 2]);
});

test("faces of one frame are averaged, and a person out of sight is a gap", () => {
  const times = [0, 1, 2, 3, 20, 21];
  const table = tableFrom("face", [{ id: "face_1", predictions: times.map((time) => face(time, 0, 0.5, 0)) }, { id: "face_0", predictions: times.map((time) => face(time, 0, 0.25, 0)) }]);
  const { times: x, values } = seriesOf(table, "emotions", "Joy", { rows: table.rowsOf(null) });
  assert.deepEqual(Array.from(x), [0, 1, 2, 3, 11.5, 20, 21]);
  assert.deepEqual(rounded(values), [0.375, 0.375, 0.375, 0.375, null, 0.375, 0.375]);
});

test("a spoken stretch is a level from its begin to its end", () => {
  const table = tableFrom("prosody", [{ id: "unknown", predictions: [word("a", 0, 1, 0, 0.5, 0), word("b", 3, 4, 0, 0.75, 0)] }]);
  const { times, values } = seriesOf(table, "emotions", "Joy", { rows: table.rowsOf(null) });
  assert.deepEqual(Array.from(times), [0, 1, 1, 3, 4, 4]);
  assert.deepEqual(rounded(values), [0.5, 0.5, null, 0.75, 0.75, null]);
});

test("the strongest come first, and each model has its say", () => {
  const faces = tableFrom("face", [{ id: "u", predictions: [face(0, 0.1, 0.4, 0), face(1, 0.1, 0.4, 0)] }]);
  const words = tableFrom("language", [{ id: "u", predictions: [word("a", 0, 1, 0, 0.1, 0.9)] }]);
  assert.deepEqual(strongest([faces, words], "emotions", 2), ["Surprise (negative)", "Joy"]);
});

test("a box glides between two frames and is gone where nobody was seen", () => {
  const at = (time, x) => ({ ...face(time, 0, 0, 0), box: { x, y: 0, w: 10, h: 10 } });
  const table = tableFrom("face", [{ id: "face_0", predictions: [at(0, 0), at(0.5, 100), at(1, 100), at(1.5, 100), at(9, 0)] }]);
  const tracks = new Tracks(table);
  assert.equal(tracks.at(0.25)[0].box[0], 50);
  assert.equal(tracks.at(9)[0].box[0], 0);
  assert.deepEqual(tracks.at(5), []);
});

test("faces nobody tells apart stay where they were seen", () => {
  const table = tableFrom("face", [{ id: "unknown", predictions: [0, 0, 0.5, 0.5].map((time) => face(time, 0, 0, 0)) }]);
  assert.equal(new Tracks(table).at(0.2).length, 2);
});

test("the playhead tells who asks from who reports", () => {
  const heard = [];
  const playhead = new Playhead();
  for (const name of ["seek", "move"]) playhead.addEventListener(name, () => heard.push(`${name} ${playhead.seconds}`));
  playhead.seek(3);
  playhead.follow(4);
  playhead.follow(4);
  assert.deepEqual(heard, ["seek 3", "move 3", "move 4"]);
});
