/** Work out how two people, speakers or files differ in what they express. */

/** How many rows are read for the distribution of one expression; means are taken over all. */
const MOST_ROWS = 4000;
const SHARES = [0.1, 0.25, 0.5, 0.75, 0.9];

/**
 * One side of a comparison: a person or speaker of a file, or everybody in it.
 * @typedef {{file: import("./model.js").MeasuredFile, group: string|null}} Side
 */

/**
 * Return everything that can be compared by a model: each file with rows of it, and each of its people.
 * @param {import("./model.js").MeasuredFile[]} files
 * @param {string} model
 * @param {number} most files
 * @returns {Side[]}
 */
export function sidesOf(files, model, most = Infinity) {
  const sides = [];
  let number = 0;
  for (const file of files) {
    const table = file.tables.get(model);
    if (!table?.count || !table.heads.size) continue;
    if ((number += 1) > most) break;
    sides.push({ file, group: null });
    if (table.groups.length > 1) sides.push(...[...table.groups].sort(byNumber).map((group) => ({ file, group })));
  }
  return sides;
}

/** Return the two sides that are worth comparing first: two people of the file in sight, else it and another file. */
export function firstPair(sides, shown) {
  const people = sides.filter(({ file, group }) => file === shown && group !== null);
  if (people.length >= 2) return people.slice(0, 2);
  const whole = sides.filter(({ group }) => group === null);
  const here = whole.find(({ file }) => file === shown) ?? whole[0];
  const other = whole.find((side) => side !== here);
  if (here && other) return [here, other];
  const anyone = sides.filter(({ group }) => group !== null);
  return anyone.length >= 2 ? anyone.slice(0, 2) : [];
}

/** Return the rows of a side in order of time. @param {import("./model.js").Table} table @param {Side} side @returns {Int32Array} */
export function rowsOfSide(table, { group }) {
  return table.rowsOf(group);
}

/**
 * Return mean and distribution of each label of a head over some rows.
 * @param {import("./model.js").Table} table
 * @param {Int32Array} rows
 * @param {string} head
 * @returns {Map<string, {mean: number, rows: number, shares: number[]}>} shares: the scores that 10, 25, 50, 75 and 90
 *   of a hundred rows stay below
 */
export function spreads(table, rows, head) {
  const { labels, scores } = table.heads.get(head) ?? { labels: [], scores: [] };
  const width = labels.length;
  const known = rows.filter((row) => !Number.isNaN(scores[row * width]));
  const stride = Math.max(1, Math.ceil(known.length / MOST_ROWS));
  const found = new Map();
  labels.forEach((label, j) => {
    let sum = 0;
    for (const row of known) sum += scores[row * width + j];
    const sample = new Float32Array(Math.ceil(known.length / stride));
    for (let k = 0; k < sample.length; k += 1) sample[k] = scores[known[k * stride] * width + j];
    sample.sort();
    const shares = SHARES.map((share) => (between(sample, share * (sample.length - 1))));
    found.set(label, { mean: known.length ? sum / known.length : NaN, rows: known.length, shares });
  });
  return found;
}

/**
 * Return the labels both sides have with their difference, first minus second, the largest first.
 * @returns {{label: string, first: object, second: object, difference: number}[]}
 */
export function differences(first, second) {
  return [...first]
    .filter(([label, one]) => one.rows && second.get(label)?.rows)
    .map(([label, one]) => ({ label, first: one, second: second.get(label), difference: one.mean - second.get(label).mean }))
    .sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
}

function between(sorted, place) {
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return sorted.length ? below + (place - Math.floor(place)) * (above - below) : NaN;
}

function byNumber(a, b) {
  return a.localeCompare(b, "en", { numeric: true });
}
