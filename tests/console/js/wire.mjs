/** What the tests share: answers as the server and the former hosted service write them. */
import { Gathering } from "../../../src/mien/server/console/results/apply.js";
import { Results } from "../../../src/mien/server/console/results/model.js";
import { PredictionStream } from "../../../src/mien/server/console/results/stream.js";

export const EXPRESSIONS = ["Admiration", "Joy", "Surprise (negative)"];

/** Gives a list of scores with the names of EXPRESSIONS. */
export const scores = (...values) => values.map((score, i) => ({ name: EXPRESSIONS[i], score }));

/** Gives one prediction of a face. */
export function face(time, ...values) {
  return { frame: Math.round(time * 25), time, prob: 0.998, box: { x: 1.5, y: -2, w: 30.25, h: 40 }, emotions: scores(...values), facs: null, descriptions: null };
}

/** Gives one prediction of a word. */
export function word(text, begin, end, ...values) {
  return { text, position: { begin: 0, end: text.length }, time: { begin, end }, confidence: 0.9, speaker_confidence: null, emotions: scores(...values), sentiment: null };
}

/** Gives an answer with one source, whose files are `{name, type, models}`; a model is a list of groups. */
export function answer(files, errors = [], source = { type: "file", filename: "visits.zip", content_type: null, md5sum: "0" }) {
  const predictions = files.map(({ name, type, models }) => ({
    file: name, file_type: type,
    models: Object.fromEntries(Object.entries(models).map(([model, groups]) => [model, { metadata: null, grouped_predictions: groups }])),
  }));
  return [{ source, results: { predictions, errors } }];
}

/** Reads bytes in pieces of a size, as a worker would. */
export function read(text, size = 65536) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const results = new Results();
  const gathering = new Gathering(results);
  const stream = new PredictionStream((finding) => gathering.add(finding));
  for (let at = 0; at < bytes.length; at += size) {
    stream.push(bytes.slice(at, at + size));
    if (at % 7 === 0) stream.flush();
  }
  stream.finish();
  return results;
}
