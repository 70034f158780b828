/** Put the rows of a table that carry words back into one text: in order, with paragraphs and the gaps between words. */

/** A paragraph is closed at the end of a sentence after so many characters, and anywhere after so many more. */
const LONG_PARAGRAPH = 600;
const LONGEST_PARAGRAPH = 1800;
/** A pause of so many seconds begins a new paragraph. */
const PAUSE_SECONDS = 2.5;
const SENTENCE_END = /[.!?…。！？]["'”’»)\]]*$/;

/**
 * A run of words of one speaker.
 * @typedef {{group: string, first: number, last: number, begin: number}} Paragraph `first` and `last` count in the
 *   order of reading, last exclusive; `begin` in seconds, NaN without times
 */

/**
 * A text in the order of reading.
 * @typedef {object} Passage
 * @property {Int32Array} rows row of the table at each place of the text
 * @property {string[]} gaps what stands before each word: nothing, or a space
 * @property {Paragraph[]} paragraphs
 * @property {boolean} timed whether the words have times
 * @property {Float64Array} begins seconds at each place, ascending; where a word has none, those of the one before
 */

/**
 * Return the text that a table's rows make, or null where they carry none.
 * @param {import("./model.js").Table|undefined} table
 * @returns {Passage|null}
 */
export function passageOf(table) {
  if (!table?.text || !table.count) return null;
  const rows = inOrder(table);
  if (!rows.length) return null;
  const begins = new Float64Array(rows.length);
  let last = 0;
  let timed = false;
  rows.forEach((row, k) => {
    if (table.begin[row] >= last) last = table.begin[row];
    timed ||= !Number.isNaN(table.begin[row]);
    begins[k] = last;
  });
  const gaps = Array.from(rows, (row, k) => (k > 0 && distance(table, rows[k - 1], row) === 0 ? "" : " "));
  return { rows, gaps, begins, timed, paragraphs: paragraphsOf(table, rows) };
}

function inOrder(table) {
  const rows = [];
  for (let i = 0; i < table.count; i += 1) if (table.text[i]) rows.push(i);
  const placed = table.position && rows.every((row) => table.position[2 * row] >= 0);
  const key = placed ? (row) => table.position[2 * row] : (row) => table.begin[row];
  const ordered = rows.every((row, k) => k === 0 || !(key(rows[k - 1]) > key(row)));
  if (!ordered) rows.sort((a, b) => key(a) - key(b) || a - b);
  return Int32Array.from(rows);
}

/** Return how many characters lie between two words; 1 where nobody says. */
function distance(table, before, row) {
  if (!table.position || table.position[2 * before + 1] < 0 || table.position[2 * row] < 0) return 1;
  return table.position[2 * row] - table.position[2 * before + 1];
}

function paragraphsOf(table, rows) {
  const paragraphs = [];
  let current = null;
  let length = 0;
  rows.forEach((row, k) => {
    if (!current || breaksBefore(table, rows[k - 1], row, current, length)) {
      current = { group: table.groups[table.group[row]], first: k, last: k, begin: table.begin[row] };
      paragraphs.push(current);
      length = 0;
    }
    current.last = k + 1;
    length += table.text[row].length + 1;
  });
  return paragraphs;
}

function breaksBefore(table, before, row, current, length) {
  if (table.groups[table.group[row]] !== current.group) return true;
  if (distance(table, before, row) > 1) return true;
  if (table.begin[row] - table.end[before] > PAUSE_SECONDS) return true;
  return length > LONGEST_PARAGRAPH || (length > LONG_PARAGRAPH && SENTENCE_END.test(table.text[before]));
}

/**
 * Return which scores words can be coloured by: expressions, kinds of toxicity, and sentiment on the whole.
 * @param {import("./model.js").Table} table
 * @returns {{value: string, label: string, kind: string}[]}
 */
export function coloursOfWords(table) {
  const named = (head, kind, prefix) => (table.heads.get(head)?.labels ?? []).map((label) => ({
    value: prefix + label, label: label.replaceAll("_", " "), kind,
  }));
  const sentiment = table.heads.has("sentiment") ? [{ value: "sentiment", label: "negative to positive", kind: "Sentiment" }] : [];
  return [...named("emotions", "Expressions", ""), ...sentiment, ...named("toxicity", "Toxicity", "toxicity.")];
}

/**
 * Return a reader of what words are coloured by.
 * @param {import("./model.js").Table} table
 * @param {string} value one of `coloursOfWords`
 * @returns {(row: number) => number} a score from 0 to 1, NaN where there is none; sentiment from -1 to 1
 */
export function readerOf(table, value) {
  if (value === "sentiment") return (row) => (sentimentOf(table, row) - 5) / 4;
  if (value.startsWith("toxicity.")) return table.scoreOf("toxicity", value.slice(9));
  return table.scoreOf("emotions", value);
}

/** Return the mean of a row's sentiment, 1 most negative to 9 most positive; NaN where there is none. */
export function sentimentOf(table, row) {
  const { labels, scores } = table.heads.get("sentiment") ?? { labels: [], scores: [] };
  let sum = 0;
  let weight = 0;
  labels.forEach((label, j) => {
    const score = scores[row * labels.length + j];
    if (Number.isNaN(score)) return;
    sum += Number(label) * score;
    weight += score;
  });
  return weight > 0 ? sum / weight : NaN;
}

/** Return the score that only one row in a hundred is over, to be shown in the fullest colour. */
export function fullest(passage, read) {
  const scores = Float32Array.from(passage.rows, (row) => Math.abs(read(row))).filter((score) => !Number.isNaN(score)).sort();
  return scores.length ? Math.max(0.05, scores[Math.floor((scores.length - 1) * 0.99)]) : 1;
}
