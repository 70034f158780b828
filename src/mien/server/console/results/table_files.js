/** Write tables of predictions as CSV, in the layout of the artifacts zip. */

import { zipOf } from "./zip_writing.js";

const BUNCH = 2000;
const PLACES = [
  ["Frame", (table, i) => (table.frame[i] >= 0 ? table.frame[i] : null)],
  ["Time", (table, i) => (table.frame[i] >= 0 ? table.begin[i] : null)],
  ["Probability", (table, i) => table.prob[i]],
  ["FaceX0", (table, i) => table.box[4 * i]],
  ["FaceY0", (table, i) => table.box[4 * i + 1]],
  ["FaceWidth", (table, i) => table.box[4 * i + 2]],
  ["FaceHeight", (table, i) => table.box[4 * i + 3]],
  ["Text", (table, i) => table.text?.[i]],
  ["Entity", (table, i) => table.extras?.[i]?.entity],
  ["BeginPosition", (table, i) => positionOf(table, 2 * i)],
  ["EndPosition", (table, i) => positionOf(table, 2 * i + 1)],
  ["EntityConfidence", (table, i) => table.extras?.[i]?.entity_confidence],
  ["Support", (table, i) => table.extras?.[i]?.support],
  ["Uri", (table, i) => table.extras?.[i]?.uri],
  ["LinkWord", (table, i) => table.extras?.[i]?.link_word],
  ["BeginTime", (table, i) => (table.frame[i] >= 0 ? null : table.begin[i])],
  ["EndTime", (table, i) => (table.frame[i] >= 0 ? null : table.end[i])],
  ["Confidence", (table, i) => table.extras?.[i]?.confidence],
  ["SpeakerConfidence", (table, i) => table.extras?.[i]?.speaker_confidence],
];

/** Return a zip with a table per file and model: SOURCE/csv/FILE/MODEL.csv. @param {import("./model.js").Results} results */
export async function zipOfTables(results) {
  const members = [];
  for (const file of results.files) {
    const source = results.sources[file.source];
    const folder = [source?.type ?? "file", file.source, (source?.name ?? "").split("/").at(-1)].join("-");
    for (const table of file.tables.values()) {
      members.push({ name: `${folder}/csv/${file.name}/${table.model}.csv`, content: () => csvOf(table) });
    }
  }
  return zipOf(members);
}

/** Return a table as CSV: Id, where it was found, then all scores; what no row has is left out. @returns {Promise<Blob>} */
export async function csvOf(table) {
  const rows = Array.from({ length: table.count }, (_, i) => i);
  const places = PLACES.filter(([, read]) => rows.some((i) => !isEmpty(read(table, i))));
  const heads = [...table.heads.values()];
  const lines = [["Id", ...places.map(([name]) => name), ...heads.flatMap(({ labels }) => labels)].map(cell).join(",")];
  const parts = [];
  for (const i of rows) {
    const cells = [table.groups[table.group[i]], ...places.map(([, read]) => read(table, i))].map(cell);
    for (const { labels, scores } of heads) {
      for (let j = 0; j < labels.length; j += 1) cells.push(scoreCell(scores[i * labels.length + j]));
    }
    lines.push(cells.join(","));
    if (lines.length < BUNCH) continue;
    parts.push(`${lines.splice(0).join("\n")}\n`);
    // The page stays usable meanwhile.
    await new Promise((go) => setTimeout(go, 0));
  }
  if (lines.length) parts.push(`${lines.join("\n")}\n`);
  return new Blob(parts, { type: "text/csv" });
}

function positionOf(table, place) {
  const position = table.position?.[place] ?? -1;
  return position >= 0 ? position : null;
}

function isEmpty(value) {
  return value === null || value === undefined || value === "" || Number.isNaN(value);
}

/** Scores are kept as 32-bit floats; seven places are all they have. */
function scoreCell(score) {
  return Number.isNaN(score) ? "" : String(Math.round(score * 1e7) / 1e7);
}

function cell(value) {
  if (isEmpty(value)) return "";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
