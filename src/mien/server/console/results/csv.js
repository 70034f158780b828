/** Read a CSV table as it streams in: commas, quotes where needed, either kind of line end, blank lines passed over. */

import { UnreadableFile } from "./zip.js";

/** The longest cell that is read, in characters. */
export const MAX_CELL = 1_048_576;

/**
 * Yield the rows of a table in bunches, each row a list of its cells; the header is the first row.
 * @param {ReadableStream<Uint8Array>} stream UTF-8
 * @param {string} called what the errors call the table
 * @returns {AsyncGenerator<string[][]>}
 * @throws {UnreadableFile} where it is not UTF-8, a quote is never closed, or a cell is over the limit
 */
export async function* rowsOf(stream, called) {
  const reader = stream.pipeThrough(new TextDecoderStream("utf-8", { fatal: true })).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await read(reader, called);
      if (done) break;
      rest += value;
      const [rows, used] = complete(rest);
      rest = rest.slice(used);
      if (rest.length > MAX_CELL * 2) throw new UnreadableFile(called, `has a cell of more than ${MAX_CELL} characters`);
      if (rows.length) yield rows;
    }
  } finally {
    // Whoever stops early leaves the members behind unread, and the stream closed.
    reader.cancel().catch(() => {});
  }
  if (!rest.trim()) return;
  const [rows, used] = complete(`${rest}\n`);
  if (used < rest.length) throw new UnreadableFile(called, "is damaged: a quote is never closed");
  yield rows;
}

async function read(reader, called) {
  try {
    return await reader.read();
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    throw new UnreadableFile(called, "is not a table in UTF-8");
  }
}

/** Return the whole rows at the beginning of a text, and how many characters they take. */
function complete(text) {
  const rows = [];
  let at = 0;
  let quote = text.indexOf('"');
  for (;;) {
    const end = text.indexOf("\n", at);
    if (end < 0) return [rows, at];
    if (quote >= 0 && quote < at) quote = text.indexOf('"', at);
    if (quote >= 0 && quote < end) {
      const [cells, next] = quoted(text, at);
      if (next < 0) return [rows, at];
      rows.push(cells);
      at = next;
      continue;
    }
    const line = text.slice(at, text[end - 1] === "\r" && end > at ? end - 1 : end);
    if (line) rows.push(line.split(","));
    at = end + 1;
  }
}

/** Return the cells of the row that begins at `at` and holds quotes, and where the next begins; -1 where it has no end. */
function quoted(text, at) {
  const cells = [];
  let place = at;
  for (;;) {
    let cell = "";
    if (text[place] === '"') {
      place += 1;
      for (;;) {
        const close = text.indexOf('"', place);
        if (close < 0 || close + 1 >= text.length) return [cells, -1];
        cell += text.slice(place, close);
        place = close + 1;
        if (text[place] !== '"') break;
        cell += '"';
        place += 1;
      }
    }
    const stop = nextStop(text, place);
    if (stop < 0) return [cells, -1];
    cell += text.slice(place, stop);
    const last = text[stop] === "\n";
    cells.push(last && cell.endsWith("\r") ? cell.slice(0, -1) : cell);
    place = stop + 1;
    if (last) return [cells, place];
  }
}

function nextStop(text, place) {
  const comma = text.indexOf(",", place);
  const line = text.indexOf("\n", place);
  if (comma < 0) return line;
  return line < 0 ? line : Math.min(comma, line);
}
