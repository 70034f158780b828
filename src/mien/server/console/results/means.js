/** Means and deviations of the columns of a table, added up row by row as the table grows. */

/** @type {WeakMap<object, Map<string, {rows: number, sum: Float64Array, squares: Float64Array}>>} */
const known = new WeakMap();

/**
 * Return mean and standard deviation of each label of a head over all rows read so far.
 *
 * Rows whose score is not a number (that head was not given for them) are left out.
 * @param {import("./model.js").Table} table
 * @param {string} head
 * @returns {{mean: number[], deviation: number[], rows: number}}
 */
export function means(table, head) {
  const { labels, scores } = table.heads.get(head);
  const sums = sumsOf(table, head, labels.length);
  const width = labels.length;
  for (; sums.read < table.count; sums.read += 1) {
    const start = sums.read * width;
    if (Number.isNaN(scores[start])) continue;
    sums.rows += 1;
    for (let i = 0; i < width; i += 1) {
      const score = scores[start + i];
      sums.sum[i] += score;
      sums.squares[i] += score * score;
    }
  }
  const rows = Math.max(1, sums.rows);
  const mean = Array.from(sums.sum, (sum) => sum / rows);
  const deviation = mean.map((value, i) => Math.sqrt(Math.max(0, sums.squares[i] / rows - value * value)));
  return { mean, deviation, rows: sums.rows };
}

function sumsOf(table, head, width) {
  if (!known.has(table)) known.set(table, new Map());
  const heads = known.get(table);
  const sums = heads.get(head);
  if (sums && sums.sum.length === width) return sums;
  const fresh = { read: 0, rows: 0, sum: new Float64Array(width), squares: new Float64Array(width) };
  heads.set(head, fresh);
  return fresh;
}
