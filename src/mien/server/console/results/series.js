/** Works on rows of numbers over time: the playhead, smoothing, thresholds, thinning, and what is strongest. */

/** How long a rest between two spans is bridged, in seconds. */
const REST = 0.35;

/** The place in time that player and charts share. A chart asks for one with `seek`, a player reports one with `follow`. */
export class Playhead extends EventTarget {
  constructor() {
    super();
    this.seconds = 0;
  }

  /** Asks to go to a time; the player hears `seek`, everything else `move`. */
  seek(seconds) {
    this.seconds = Math.max(0, seconds);
    this.dispatchEvent(new Event("seek"));
    this.dispatchEvent(new Event("move"));
  }

  /** Says where the player is. */
  follow(seconds) {
    if (seconds === this.seconds) return;
    this.seconds = seconds;
    this.dispatchEvent(new Event("move"));
  }
}

/**
 * Averages each value with those at most half a window away in time; rows without a value stay without.
 * @param {ArrayLike<number>} times ascending, in seconds
 * @param {ArrayLike<number>} values
 * @param {number} seconds the window; 0 leaves the values as they are
 * @returns {Float32Array}
 */
export function smooth(times, values, seconds) {
  const result = Float32Array.from(values);
  if (!(seconds > 0)) return result;
  const half = seconds / 2 + 1e-9;
  let first = 0;
  let next = 0;
  let sum = 0;
  let number = 0;
  for (let i = 0; i < times.length; i++) {
    for (; next < times.length && times[next] <= times[i] + half; next++) {
      if (values[next] !== values[next]) continue;
      sum += values[next];
      number++;
    }
    for (; times[first] < times[i] - half; first++) {
      if (values[first] !== values[first]) continue;
      sum -= values[first];
      number--;
    }
    if (values[i] === values[i]) result[i] = sum / number;
  }
  return result;
}

/** Leaves out what is weaker than the threshold: such values become NaN, so that a line breaks there. */
export function thresholded(values, threshold) {
  if (!(threshold > 0)) return values;
  return Float32Array.from(values, (value) => (value >= threshold ? value : NaN));
}

/**
 * Thins a line to what a chart can show: of each of the stretches between `from` and `to` its lowest and highest point,
 * and one gap where the line is interrupted. Peaks survive, whatever the zoom.
 * @param {ArrayLike<number>} times ascending, in seconds
 * @param {ArrayLike<number>} values
 * @param {{from?: number, to?: number, most?: number}} options at most about `most` points come back
 * @returns {{x: number[], y: (number|null)[]}} null marks a gap
 */
export function minMax(times, values, { from = -Infinity, to = Infinity, most = 2000 } = {}) {
  // One point more on either side, so that a line reaches the edges of a chart.
  const begin = Math.max(0, lowerBound(times, from) - 1);
  const end = Math.min(times.length, lowerBound(times, to) + 1);
  const x = [];
  const y = [];
  const push = (i) => {
    const value = values[i];
    const gap = value !== value;
    if (gap && (y.length === 0 || y[y.length - 1] === null)) return;
    x.push(times[i]);
    y.push(gap ? null : value);
  };
  const size = Math.max(1, Math.ceil((end - begin) / (most / 3)));
  for (let start = begin; start < end; start += size) {
    const stop = Math.min(end, start + size);
    const found = extremes(values, start, stop);
    if (start === begin && found[0] !== start) push(start);
    found.forEach(push);
    if (stop === end && found.at(-1) !== end - 1) push(end - 1);
  }
  return { x, y };
}

/** Gives, in order, the indices of the lowest and the highest value of a stretch, and of a gap in it. */
function extremes(values, start, end) {
  if (end - start === 1) return [start];
  let low = -1;
  let high = -1;
  let gap = -1;
  for (let i = start; i < end; i++) {
    const value = values[i];
    if (value !== value) gap = i;
    else {
      if (low < 0 || value < values[low]) low = i;
      if (high < 0 || value >= values[high]) high = i;
    }
  }
  return [...new Set([low, high, gap])].filter((i) => i >= 0).sort((a, b) => a - b);
}

/** Finds the first index whose time is not before `time`. */
export function lowerBound(times, time, size = times.length) {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Gives one expression of one group over time, ready to be drawn: smoothed, cut at the threshold, broken where the
 * group was out of sight. A span (speech, a burst) gives a level from its begin to its end.
 * @param {import("./model.js").Table} table
 * @param {string} head
 * @param {string} label
 * @param {{rows: Int32Array, smoothing?: number, threshold?: number}} options rows in order of time
 * @returns {{times: Float64Array, values: Float32Array}} NaN is a gap
 */
export function seriesOf(table, head, label, { rows, smoothing = 0, threshold = 0 }) {
  const spans = rows.length > 0 && table.end[rows[0]] > table.begin[rows[0]];
  const raw = { times: middlesOf(table, rows), values: columnOf(table, head, label, rows) };
  const { times, values } = spans ? raw : averaged(raw);
  const shown = thresholded(smooth(times, values, smoothing), threshold);
  return spans ? levels(table, rows, shown) : broken(times, shown);
}

function middlesOf({ begin, end }, rows) {
  const times = new Float64Array(rows.length);
  for (let k = 0; k < rows.length; k++) times[k] = (begin[rows[k]] + end[rows[k]]) / 2;
  return times;
}

function columnOf(table, head, label, rows) {
  const { labels, scores } = table.heads.get(head) ?? { labels: [], scores: [] };
  const column = labels.indexOf(label);
  const values = new Float32Array(rows.length).fill(NaN);
  if (column >= 0) for (let k = 0; k < rows.length; k++) values[k] = scores[rows[k] * labels.length + column];
  return values;
}

/** Makes one value of those of the same instant, as several faces in a frame have. */
function averaged({ times, values }) {
  let size = 0;
  const when = new Float64Array(times.length);
  const means = new Float32Array(times.length);
  for (let k = 0; k < times.length; size++) {
    const time = times[k];
    let sum = 0;
    let number = 0;
    for (; k < times.length && times[k] === time; k++, number++) sum += values[k];
    when[size] = time;
    means[size] = sum / number;
  }
  return { times: when.subarray(0, size), values: means.subarray(0, size) };
}

function levels(table, rows, values) {
  const times = new Float64Array(3 * rows.length);
  const result = new Float32Array(3 * rows.length);
  rows.forEach((row, k) => {
    const next = k + 1 < rows.length ? table.begin[rows[k + 1]] : Infinity;
    const end = Math.max(table.begin[row], Math.min(table.end[row], next));
    // A level holds over the short rest between two words, and ends where a longer one begins.
    const joins = next - end < REST;
    times.set([table.begin[row], end, joins ? next : end], 3 * k);
    result.set([values[k], values[k], joins ? values[k] : NaN], 3 * k);
  });
  return { times, values: result };
}

/** Puts a gap where two instants lie much further apart than is usual for them. */
function broken(times, values) {
  const usual = usualStep(times);
  const gaps = [];
  for (let k = 1; k < times.length; k++) if (times[k] - times[k - 1] > 3.5 * usual) gaps.push(k);
  if (!gaps.length) return { times, values };
  const wider = new Float64Array(times.length + gaps.length);
  const result = new Float32Array(times.length + gaps.length);
  let shift = 0;
  for (let k = 0; k < times.length; k++) {
    if (gaps[shift] === k) {
      wider[k + shift] = (times[k - 1] + times[k]) / 2;
      result[k + shift] = NaN;
      shift++;
    }
    wider[k + shift] = times[k];
    result[k + shift] = values[k];
  }
  return { times: wider, values: result };
}

function usualStep(times) {
  const steps = [];
  const stride = Math.max(1, Math.floor(times.length / 1000));
  for (let k = 1; k < times.length; k += stride) if (times[k] > times[k - 1]) steps.push(times[k] - times[k - 1]);
  return steps.length ? steps.sort((a, b) => a - b)[steps.length >> 1] : Infinity;
}

/**
 * Ranks the labels of a head over one or several tables: by the root of the mean square, which lets a label that is
 * strong for a while come before one that is always middling.
 * @param {Iterable<import("./model.js").Table>} tables
 * @param {string} head
 * @param {number} number how many labels to give
 * @returns {string[]} the strongest first
 */
export function strongest(tables, head, number) {
  const sums = new Map();
  for (const table of tables) {
    const found = table.heads.get(head);
    if (!found || !table.count) continue;
    const { labels, scores } = found;
    const stride = Math.max(1, Math.floor(table.count / 5000));
    const squares = new Float64Array(labels.length);
    let rows = 0;
    for (let i = 0; i < table.count; i += stride, rows++) {
      const base = i * labels.length;
      for (let j = 0; j < labels.length; j++) squares[j] += scores[base + j] ** 2 || 0;
    }
    // Each model has its say once: a film has far more faces than utterances.
    labels.forEach((label, j) => sums.set(label, Math.max(sums.get(label) ?? 0, Math.sqrt(squares[j] / rows))));
  }
  return [...sums].sort((a, b) => b[1] - a[1]).slice(0, number).map(([label]) => label);
}
