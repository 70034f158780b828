/**
 * Reads predictions straight from the bytes of an answer into columns, without making an object of each score.
 *
 * Every prediction of a model writes its scores with the same names in the same order, so between the numbers stand
 * the same bytes again and again. These are learned from the first prediction and compared from then on; whatever
 * looks different goes through `JSON.parse`.
 */

const QUOTE = 34, MINUS = 45, DOT = 46, BACKSLASH = 92, OPEN = 123, CLOSE = 125, ARRAY = 91, ARRAY_END = 93;
const COMMA = 44, COLON = 58, NULL = 110;
const POWERS = Float64Array.from({ length: 23 }, (_, power) => 10 ** power);
const FIRST_ROOM = 8;
const decoder = new TextDecoder();

/** What a reader throws when the bytes at hand end in the middle of a value. */
export const INCOMPLETE = Symbol("incomplete");

/** Reads the predictions of one group. */
export class RowReader {
  /**
   * @param {string} model
   * @param {Map<string, {labels: string[], gaps: Uint8Array[]}|null>} templates learned so far for this model, by head
   */
  constructor(model, templates) {
    this.model = model;
    this.templates = templates;
    this.restart();
  }

  /** Begins a new bunch. */
  restart() {
    this.count = 0;
    this.room = 0;
    this.columns = { begin: new Float64Array(0), end: new Float64Array(0), frame: new Int32Array(0) };
    Object.assign(this.columns, { box: new Float32Array(0), prob: new Float32Array(0) });
    this.heads = {};
    this.text = this.position = this.extras = null;
  }

  /**
   * Reads one prediction that begins at `at`.
   * @returns {number} the place behind it; throws INCOMPLETE, and then nothing was added
   */
  read(bytes, at, end) {
    if (this.count === this.room) this._enlarge();
    this._clear();
    at++;
    for (;;) {
      at = skip(bytes, at, end);
      if (bytes[at] === CLOSE) break;
      if (bytes[at] === COMMA) {
        at++;
        continue;
      }
      const keyEnd = stringEnd(bytes, at, end);
      const key = latin(bytes, at + 1, keyEnd - 1);
      at = skip(bytes, skip(bytes, keyEnd, end) + 1, end);
      at = this._value(key, bytes, at, end);
    }
    this.count++;
    return at + 1;
  }

  _value(key, bytes, at, end) {
    const byte = bytes[at];
    if (byte === NULL) {
      if (at + 4 > end) throw INCOMPLETE;
      return at + 4;
    }
    if (byte === ARRAY) {
      const after = this._templated(key, bytes, at, end);
      if (after > 0) return after;
    } else if (byte === MINUS || (byte >= 48 && byte <= 57)) {
      const number = readNumber(bytes, at, end);
      this._set(key, number);
      return afterNumber;
    }
    const after = valueEnd(bytes, at, end);
    const value = JSON.parse(decoder.decode(bytes.subarray(at, after)));
    if (byte === ARRAY && isHead(value)) this._learn(key, value, bytes.subarray(at, after));
    else this._set(key, value);
    return after;
  }

  _set(key, value) {
    const { columns, count } = this;
    if (key === "time") this._setTime(value);
    else if (key === "frame") columns.frame[count] = value;
    else if (key === "prob") columns.prob[count] = value;
    else if (key === "box") columns.box.set([value.x, value.y, value.w, value.h], 4 * count);
    else if (key === "text") (this.text ??= new Array(count).fill(null))[count] = value;
    else if (key === "position") this._setPosition(value);
    else ((this.extras ??= new Array(count).fill(null))[count] ??= {})[key] = value;
  }

  _setTime(value) {
    const instant = typeof value === "number";
    this.columns.begin[this.count] = instant ? value : value.begin;
    this.columns.end[this.count] = instant ? value : value.end;
  }

  _setPosition({ begin, end }) {
    this.position ??= new Int32Array(2 * this.room).fill(-1);
    this.position[2 * this.count] = begin;
    this.position[2 * this.count + 1] = end;
  }

  /** Reads scores whose names are where they were before; gives 0 when they are not. */
  _templated(key, bytes, at, end) {
    const template = this.templates.get(key);
    if (!template) return 0;
    const { labels, gaps } = template;
    const width = labels.length;
    const scores = this._head(key, labels);
    const base = this.count * width;
    for (let j = 0; j <= width; j++) {
      const gap = gaps[j];
      const size = gap.length;
      if (at + size > end) throw INCOMPLETE;
      for (let k = 0; k < size; k++) if (bytes[at + k] !== gap[k]) return 0;
      at += size;
      if (j === width) break;
      scores[base + j] = readNumber(bytes, at, end);
      at = afterNumber;
    }
    return at;
  }

  _learn(key, value, bytes) {
    const labels = value.map((entry) => entry.name);
    if (!this.templates.has(key)) this.templates.set(key, templateOf(labels, bytes));
    const known = this.heads[key]?.labels ?? labels;
    const scores = this._head(key, known);
    const base = this.count * known.length;
    value.forEach(({ name, score }, j) => {
      const column = known[j] === name ? j : known.indexOf(name);
      if (column >= 0 && typeof score === "number") scores[base + column] = score;
    });
  }

  _head(key, labels) {
    let head = this.heads[key];
    if (!head) {
      this.heads[key] = head = { labels, scores: new Float32Array(this.room * labels.length).fill(NaN) };
    }
    return head.scores;
  }

  _clear() {
    const { columns, count } = this;
    columns.begin[count] = columns.end[count] = columns.prob[count] = NaN;
    columns.frame[count] = -1;
    columns.box.fill(NaN, 4 * count, 4 * count + 4);
    if (this.text) this.text[count] = null;
    this.position?.fill(-1, 2 * count, 2 * count + 2);
    if (this.extras) this.extras[count] = null;
  }

  _enlarge() {
    this.room = Math.max(FIRST_ROOM, 2 * this.room);
    for (const [name, array] of Object.entries(this.columns)) {
      this.columns[name] = larger(array, this.room * (name === "box" ? 4 : 1));
    }
    for (const head of Object.values(this.heads)) head.scores = larger(head.scores, this.room * head.labels.length, NaN);
    if (this.position) this.position = larger(this.position, 2 * this.room, -1);
  }

  /** Gives what was read as a bunch, and begins a new one. */
  take(group) {
    const { model, count, columns } = this;
    const bunch = { model, group, count, heads: {}, text: this.text, extras: this.extras };
    for (const [name, array] of Object.entries(columns)) bunch[name] = array.slice(0, count * (name === "box" ? 4 : 1));
    bunch.position = this.position && this.position.slice(0, 2 * count);
    for (const [name, { labels, scores }] of Object.entries(this.heads)) {
      bunch.heads[name] = { labels, scores: scores.slice(0, count * labels.length) };
    }
    this.restart();
    return bunch;
  }
}

function larger(array, size, filler = 0) {
  const result = new array.constructor(size);
  if (filler !== 0) result.fill(filler);
  result.set(array);
  return result;
}

function isHead(value) {
  return value.length > 0 && typeof value[0]?.name === "string" && "score" in value[0];
}

/** Cuts out the bytes before, between and behind the numbers of a list of scores; null when it is no plain list. */
function templateOf(labels, bytes) {
  const gaps = [];
  let from = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) at = stringEnd(bytes, at, bytes.length) - 1;
    else if (bytes[at] === MINUS || (bytes[at] >= 48 && bytes[at] <= 57)) {
      gaps.push(bytes.slice(from, at));
      readNumber(bytes, at, bytes.length);
      from = afterNumber;
      at = from - 1;
    }
  }
  gaps.push(bytes.slice(from));
  return gaps.length === labels.length + 1 ? { labels, gaps } : null;
}

/** The place behind the number read last; a second result without an object. */
let afterNumber = 0;

function readNumber(bytes, at, end) {
  const negative = bytes[at] === MINUS;
  if (negative) at++;
  let value = 0;
  let byte = bytes[at];
  for (; at < end && (byte = bytes[at]) >= 48 && byte <= 57; at++) value = value * 10 + (byte - 48);
  let power = 0;
  if (at < end && byte === DOT) {
    const first = ++at;
    for (; at < end && (byte = bytes[at]) >= 48 && byte <= 57; at++) value = value * 10 + (byte - 48);
    power = first - at;
  }
  if (at < end && (byte | 32) === 101) {
    const from = ++at;
    if (bytes[at] === 43 || bytes[at] === MINUS) at++;
    let exponent = 0;
    for (; at < end && (byte = bytes[at]) >= 48 && byte <= 57; at++) exponent = exponent * 10 + (byte - 48);
    power += bytes[from] === MINUS ? -exponent : exponent;
  }
  if (at >= end) throw INCOMPLETE;
  afterNumber = at;
  if (power < 0) value = power >= -22 ? value / POWERS[-power] : value * 10 ** power;
  else if (power > 0) value *= 10 ** power;
  return negative ? -value : value;
}

/** Passes over white space. */
export function skip(bytes, at, end) {
  while (at < end && bytes[at] <= 32) at++;
  if (at >= end) throw INCOMPLETE;
  return at;
}

/** Finds the place behind a string that begins at `at`. */
export function stringEnd(bytes, at, end) {
  for (let i = at + 1; i < end; i++) {
    if (bytes[i] === BACKSLASH) i++;
    else if (bytes[i] === QUOTE) return i + 1;
  }
  throw INCOMPLETE;
}

/** Finds the place behind any value that begins at `at`. */
export function valueEnd(bytes, at, end) {
  const first = bytes[at];
  if (first === QUOTE) return stringEnd(bytes, at, end);
  if (first !== OPEN && first !== ARRAY) return plainEnd(bytes, at, end);
  let depth = 0;
  for (let i = at; i < end; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = stringEnd(bytes, i, end) - 1;
    else if (byte === OPEN || byte === ARRAY) depth++;
    else if ((byte === CLOSE || byte === ARRAY_END) && --depth === 0) return i + 1;
  }
  throw INCOMPLETE;
}

/** Finds the end of a number, true, false or null. */
function plainEnd(bytes, at, end) {
  for (let i = at; i < end; i++) {
    const byte = bytes[i];
    if (byte <= 32 || byte === COMMA || byte === CLOSE || byte === ARRAY_END || byte === COLON) return i;
  }
  throw INCOMPLETE;
}

function latin(bytes, from, to) {
  let text = "";
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]);
  return text;
}
