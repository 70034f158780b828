/**
 * What was measured, as the views see it: sources, their files, and one table of predictions per model and file.
 * Tables are columns that grow while an answer streams in; every array may be longer than `count` says.
 */
import { bunchFrom } from "./bunch.js";

const GROW_MILLISECONDS = 125;
/** A row's number and its time share one double: 23 bits for the row leave 30 for milliseconds. */
const ROWS_IN_KEY = 2 ** 23;

/** Holds everything a job gave. Fires `grow` (at most eight times a second) and, once, `done`. */
export class Results extends EventTarget {
  constructor() {
    super();
    /** @type {{index: number, type: string, name: string, error: string|null}[]} */
    this.sources = [];
    /** @type {MeasuredFile[]} */
    this.files = [];
    this.done = false;
    /** @type {Error|null} why reading stopped, when it did not come to its end */
    this.error = null;
    this._timer = null;
    this._last = -Infinity;
  }

  /** Tells that something was added: at once, or with the next `grow` if the last is not long ago. */
  grew() {
    if (this._timer !== null || this.done) return;
    const wait = Math.max(0, this._last + GROW_MILLISECONDS - performance.now());
    this._timer = setTimeout(() => this._tell(), wait);
  }

  _tell() {
    this._timer = null;
    this._last = performance.now();
    this.dispatchEvent(new Event("grow"));
  }

  /** Says that nothing more comes; with an error, that something is missing. */
  finish(error = null) {
    if (this.done) return;
    if (this._timer !== null) clearTimeout(this._timer);
    this._tell();
    this.done = true;
    this.error = error;
    this.dispatchEvent(new Event("done"));
  }

  /** Counts the predictions of all files. */
  get predictions() {
    let sum = 0;
    for (const file of this.files) for (const table of file.tables.values()) sum += table.count;
    return sum;
  }
}

/** One photograph, recording, film or text, with a table for each model that looked at it. */
export class MeasuredFile {
  /**
   * @param {number} source the index of its source
   * @param {string} name the path inside an archive, the name of a file, or the number of a text
   * @param {string} type image, video, video_no_audio, audio, text
   */
  constructor(source, name, type) {
    this.source = source;
    this.name = name;
    this.type = type;
    /** @type {string[]} */
    this.errors = [];
    /** @type {Map<string, Table>} */
    this.tables = new Map();
  }

  /** Gives the table of a model, a new empty one if there is none yet. */
  tableOf(model, metadata = null) {
    let table = this.tables.get(model);
    if (!table) this.tables.set(model, (table = new Table(model, metadata)));
    if (metadata && !table.metadata) table.metadata = metadata;
    return table;
  }
}

/** The predictions of one model on one file, as columns. Rows stand in the order of the wire: group by group. */
export class Table {
  constructor(model, metadata = null) {
    this.model = model;
    this.metadata = metadata;
    this.count = 0;
    /** @type {Map<string, {labels: string[], scores: Float32Array}>} */
    this.heads = new Map();
    /** @type {string[]} */
    this.groups = [];
    this.group = new Uint16Array(0);
    this.begin = new Float64Array(0);
    this.end = new Float64Array(0);
    this.frame = new Int32Array(0);
    this.box = new Float32Array(0);
    this.prob = new Float32Array(0);
    /** @type {(string|null)[]|null} */
    this.text = null;
    /** @type {Int32Array|null} */
    this.position = null;
    /** @type {(object|null)[]|null} */
    this.extras = null;
    this._rows = new Map();
  }

  /** Whether any row has a place in time; a photograph"s face at 0 s counts, a text"s words do not. */
  get timed() {
    return this.count > 0 && !Number.isNaN(this.begin[0]);
  }

  /**
   * Adds the rows of a bunch.
   * @param {import("./bunch.js").Bunch} bunch
   */
  append(bunch) {
    const { count: base } = this;
    const total = base + bunch.count;
    for (const name of ["begin", "end", "frame", "prob"]) this[name] = joined(this[name], base, bunch[name], total);
    this.box = joined(this.box, 4 * base, bunch.box, 4 * total);
    this.group = room(this.group, base, total).fill(this._groupIndex(bunch.group), base, total);
    if (bunch.text || this.text) this.text = listed(this.text, base, bunch.text, bunch.count);
    if (bunch.extras || this.extras) this.extras = listed(this.extras, base, bunch.extras, bunch.count);
    if (bunch.position || this.position) this._appendPosition(bunch.position, base, total);
    this._appendHeads(bunch, base, total);
    this.count = total;
    this._rows.clear();
  }

  _groupIndex(id) {
    const index = this.groups.indexOf(id);
    return index >= 0 ? index : this.groups.push(id) - 1;
  }

  _appendPosition(position, base, total) {
    this.position ??= new Int32Array(2 * base).fill(-1);
    this.position = room(this.position, 2 * base, 2 * total).fill(-1, 2 * base, 2 * total);
    if (position) this.position.set(position, 2 * base);
  }

  _appendHeads(bunch, base, total) {
    for (const name of new Set([...this.heads.keys(), ...Object.keys(bunch.heads)])) {
      const added = bunch.heads[name];
      let head = this.heads.get(name);
      if (!head) {
        head = { labels: added.labels, scores: new Float32Array(base * added.labels.length).fill(NaN) };
        this.heads.set(name, head);
      }
      const width = head.labels.length;
      head.scores = room(head.scores, base * width, total * width);
      if (added) head.scores.set(added.scores.subarray(0, bunch.count * width), base * width);
      else head.scores.fill(NaN, base * width, total * width);
    }
  }

  /** Gives row `i` as it would stand on the wire, with the id of its group as `group`. */
  row(i) {
    const row = { group: this.groups[this.group[i]] };
    if (this.frame[i] >= 0) row.frame = this.frame[i];
    if (!Number.isNaN(this.begin[i])) {
      row.time = this.frame[i] >= 0 ? this.begin[i] : { begin: this.begin[i], end: this.end[i] };
    }
    if (!Number.isNaN(this.prob[i])) row.prob = this.prob[i];
    const [x, y, w, h] = this.box.subarray(4 * i, 4 * i + 4);
    if (!Number.isNaN(x)) row.box = { x, y, w, h };
    if (this.text) row.text = this.text[i];
    if (this.position && this.position[2 * i] >= 0) {
      row.position = { begin: this.position[2 * i], end: this.position[2 * i + 1] };
    }
    Object.assign(row, this.extras?.[i]);
    for (const [name, { labels, scores }] of this.heads) {
      const base = i * labels.length;
      row[name] = Number.isNaN(scores[base]) ? null : labels.map((label, j) => ({ name: label, score: scores[base + j] }));
    }
    return row;
  }

  /**
   * Gives a reader of one column; rows the head or label does not have read as NaN.
   * @returns {(i: number) => number}
   */
  scoreOf(head, label) {
    const column = this.heads.get(head)?.labels.indexOf(label) ?? -1;
    if (column < 0) return () => NaN;
    const found = this.heads.get(head);
    const width = found.labels.length;
    return (i) => found.scores[i * width + column];
  }

  /**
   * Lists the rows of one group in order of time.
   * @param {string|null} id null for all groups together
   * @returns {Int32Array}
   */
  rowsOf(id) {
    let rows = this._rows.get(id);
    if (!rows) this._rows.set(id, (rows = this._findRows(id)));
    return rows;
  }

  _findRows(id) {
    const { count, group, begin } = this;
    const index = this.groups.indexOf(id);
    const found = new Int32Array(count);
    let size = 0;
    let ordered = true;
    let last = -Infinity;
    for (let i = 0; i < count; i++) {
      if (id !== null && group[i] !== index) continue;
      if (begin[i] < last) ordered = false;
      last = begin[i];
      found[size++] = i;
    }
    const rows = found.slice(0, size);
    return ordered ? rows : inOrderOfTime(rows, begin);
  }
}

/**
 * Sorts rows by time, to the millisecond, as plain numbers: that is ten times faster than with a function that compares.
 */
function inOrderOfTime(rows, begin) {
  const keys = Float64Array.from(rows);
  for (let k = 0; k < keys.length; k++) keys[k] += Math.round(begin[rows[k]] * 1000) * ROWS_IN_KEY;
  keys.sort();
  for (let k = 0; k < keys.length; k++) rows[k] = keys[k] % ROWS_IN_KEY;
  return rows;
}

/** Gives an array with room for `total` elements that begins with the first `used` of the one given. */
function room(array, used, total) {
  if (array.length >= total) return array;
  const larger = new array.constructor(used ? Math.max(total, 2 * array.length) : total);
  larger.set(array.subarray(0, used));
  return larger;
}

function joined(array, used, added, total) {
  const result = room(array, used, total);
  result.set(added, used);
  return result;
}

function listed(list, used, added, count) {
  const result = list ?? new Array(used).fill(null);
  for (let i = 0; i < count; i++) result.push(added ? added[i] : null);
  return result;
}

/**
 * Builds a whole table from predictions as they stand on the wire.
 * @param {string} model
 * @param {{id: string, predictions: object[]}[]} groupedPredictions
 * @param {object|null} metadata
 * @returns {Table}
 */
export function tableFrom(model, groupedPredictions, metadata = null) {
  const table = new Table(model, metadata);
  for (const { id, predictions } of groupedPredictions) {
    if (predictions.length) table.append(bunchFrom(model, id, predictions));
  }
  return table;
}
