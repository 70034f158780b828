/** Turn a CSV table of an artifacts zip into the columns that the views know, a bunch of rows at a time. */

import { rowsOf } from "./csv.js";
import { headOf } from "./labels.js";
import { UnreadableFile } from "./zip.js";

/** Columns that say where something was found; every other one holds scores. */
const PLACES = new Set([
  "Id", "Frame", "Time", "Probability", "FaceX0", "FaceY0", "FaceWidth", "FaceHeight", "Text", "BeginTime", "EndTime",
  "BeginPosition", "EndPosition", "Confidence", "SpeakerConfidence", "Entity", "EntityConfidence", "Support", "Uri",
  "LinkWord",
]);
const WORDS = { Entity: "entity", Uri: "uri", LinkWord: "link_word" };
const NUMBERS = {
  Confidence: "confidence", SpeakerConfidence: "speaker_confidence", EntityConfidence: "entity_confidence", Support: "support",
};
const BOX = ["FaceX0", "FaceY0", "FaceWidth", "FaceHeight"];

/**
 * Add the rows of a table in CSV to a table.
 * @param {import("./model.js").Table} table
 * @param {ReadableStream<Uint8Array>} stream
 * @param {string} called what the errors call the table
 * @param {() => void} grew told after each bunch
 * @throws {UnreadableFile}
 */
export async function fillTable(table, stream, called, grew) {
  let layout = null;
  for await (const rows of rowsOf(stream, called)) {
    if (!layout) layout = layoutOf(table.model, rows.shift(), called);
    for (const [group, found] of byGroup(rows, layout.at.get("Id"))) table.append(bunchOf(table.model, group, found, layout));
    if (rows.length) grew();
  }
}

function layoutOf(model, header, called) {
  if (!header.includes("Id")) throw new UnreadableFile(called, "is no table of predictions: it has no column Id");
  const at = new Map(header.map((name, i) => [name, i]));
  const heads = new Map();
  for (const [name, column] of at) {
    if (PLACES.has(name) || !name) continue;
    const head = headOf(model, name);
    if (!heads.has(head)) heads.set(head, { labels: [], columns: [] });
    heads.get(head).labels.push(name);
    heads.get(head).columns.push(column);
  }
  return { at, heads };
}

function byGroup(rows, column) {
  const groups = new Map();
  for (const row of rows) {
    const id = row[column] || "unknown";
    if (!groups.has(id)) groups.set(id, []);
    groups.get(id).push(row);
  }
  return groups;
}

function bunchOf(model, group, rows, { at, heads }) {
  const count = rows.length;
  const has = (name) => at.has(name);
  const numbers = (name) => rows.map((row) => number(row[at.get(name)]));
  const begin = Float64Array.from(numbers(has("Time") ? "Time" : "BeginTime"));
  const bunch = {
    model, group, count, begin,
    end: has("EndTime") ? Float64Array.from(numbers("EndTime")) : begin.slice(),
    frame: Int32Array.from(numbers("Frame"), (frame) => (Number.isNaN(frame) ? -1 : frame)),
    prob: Float32Array.from(numbers("Probability")),
    box: boxes(rows, at),
    text: has("Text") ? rows.map((row) => row[at.get("Text")] || null) : null,
    position: has("BeginPosition") && has("EndPosition") ? positions(rows, at) : null,
    extras: extrasOf(rows, at),
    heads: {},
  };
  for (const [head, { labels, columns }] of heads) {
    const scores = new Float32Array(count * labels.length);
    rows.forEach((row, i) => columns.forEach((column, j) => (scores[i * labels.length + j] = number(row[column]))));
    // A table has the columns of every head; those that nobody asked for are empty.
    if (scores.some((score) => !Number.isNaN(score))) bunch.heads[head] = { labels: [...labels], scores };
  }
  return bunch;
}

function boxes(rows, at) {
  const columns = BOX.map((name) => at.get(name));
  return Float32Array.from(rows.flatMap((row) => columns.map((column) => number(row[column]))));
}

function positions(rows, at) {
  const place = (cell) => (Number.isNaN(number(cell)) ? -1 : number(cell));
  return Int32Array.from(rows.flatMap((row) => [place(row[at.get("BeginPosition")]), place(row[at.get("EndPosition")])]));
}

function extrasOf(rows, at) {
  const words = Object.entries(WORDS).filter(([column]) => at.has(column));
  const numbers = Object.entries(NUMBERS).filter(([column]) => at.has(column));
  if (!words.length && !numbers.length) return null;
  return rows.map((row) => {
    const extras = {};
    for (const [column, name] of words) if (row[at.get(column)]) extras[name] = row[at.get(column)];
    for (const [column, name] of numbers) {
      const value = number(row[at.get(column)]);
      if (!Number.isNaN(value)) extras[name] = value;
    }
    return Object.keys(extras).length ? extras : null;
  });
}

function number(cell) {
  return cell === undefined || cell === "" ? NaN : Number(cell);
}
