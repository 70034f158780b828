/**
 * Turns predictions as they stand on the wire into columns, so that 100,000 of them are a few typed arrays.
 * Used by the worker that reads a stream and by `tableFrom` for small inputs.
 */

const OWN = new Set(["frame", "time", "prob", "box", "text", "position"]);

/**
 * Some predictions of one model and one group, column by column.
 * @typedef {object} Bunch
 * @property {string} model
 * @property {string} group
 * @property {number} count
 * @property {Object<string, {labels: string[], scores: Float32Array}>} heads row-major, count × labels
 * @property {Float64Array} begin seconds, NaN where there is no time
 * @property {Float64Array} end
 * @property {Int32Array} frame -1 where there is none
 * @property {Float32Array} box x, y, width, height in pixels; NaN where there is none
 * @property {Float32Array} prob NaN where there is none
 * @property {(string|null)[]|null} text
 * @property {Int32Array|null} position begin and end in characters; -1 where there is none
 * @property {(object|null)[]|null} extras whatever else a prediction says of itself
 */

/**
 * Packs the predictions of one group.
 * @param {string} model
 * @param {string} group
 * @param {object[]} predictions as on the wire
 * @returns {Bunch}
 */
export function bunchFrom(model, group, predictions) {
  const count = predictions.length;
  const bunch = {
    model, group, count, heads: {},
    begin: new Float64Array(count), end: new Float64Array(count), frame: new Int32Array(count).fill(-1),
    box: new Float32Array(4 * count).fill(NaN), prob: new Float32Array(count).fill(NaN),
    text: null, position: null, extras: null,
  };
  for (let i = 0; i < count; i++) {
    fillPlace(bunch, i, predictions[i]);
    fillWords(bunch, i, predictions[i]);
    fillRest(bunch, i, predictions[i]);
  }
  return bunch;
}

function fillPlace(bunch, i, prediction) {
  const { time, box } = prediction;
  const instant = typeof time === "number";
  bunch.begin[i] = instant ? time : time?.begin ?? NaN;
  bunch.end[i] = instant ? time : time?.end ?? NaN;
  if (typeof prediction.frame === "number") bunch.frame[i] = prediction.frame;
  if (typeof prediction.prob === "number") bunch.prob[i] = prediction.prob;
  if (box) bunch.box.set([box.x, box.y, box.w, box.h], 4 * i);
}

function fillWords(bunch, i, { text, position }) {
  if (typeof text === "string") {
    bunch.text ??= new Array(bunch.count).fill(null);
    bunch.text[i] = text;
  }
  if (position) {
    bunch.position ??= new Int32Array(2 * bunch.count).fill(-1);
    bunch.position[2 * i] = position.begin;
    bunch.position[2 * i + 1] = position.end;
  }
}

function fillRest(bunch, i, prediction) {
  let rest = null;
  for (const key in prediction) {
    const value = prediction[key];
    if (value === null || value === undefined || OWN.has(key)) continue;
    if (isHead(value)) fillHead(bunch, i, key, value);
    else (rest ??= {})[key] = value;
  }
  if (rest) {
    bunch.extras ??= new Array(bunch.count).fill(null);
    bunch.extras[i] = rest;
  }
}

function isHead(value) {
  return Array.isArray(value) && value.length > 0 && typeof value[0]?.name === "string" && "score" in value[0];
}

function fillHead(bunch, i, name, scores) {
  const head = (bunch.heads[name] ??= newHead(scores, bunch.count));
  const { labels, scores: all } = head;
  const base = i * labels.length;
  for (let j = 0; j < scores.length; j++) {
    const entry = scores[j];
    const column = entry.name === labels[j] ? j : labels.indexOf(entry.name);
    if (column >= 0 && typeof entry.score === "number") all[base + column] = entry.score;
  }
}

function newHead(scores, count) {
  const labels = scores.map((entry) => entry.name);
  return { labels, scores: new Float32Array(count * labels.length).fill(NaN) };
}

/**
 * Lists the buffers of a bunch that can be handed to another thread without a copy.
 * @param {Bunch} bunch
 * @returns {ArrayBuffer[]}
 */
export function transferables(bunch) {
  const arrays = [bunch.begin, bunch.end, bunch.frame, bunch.box, bunch.prob];
  if (bunch.position) arrays.push(bunch.position);
  for (const head of Object.values(bunch.heads)) arrays.push(head.scores);
  return arrays.map((array) => array.buffer);
}
