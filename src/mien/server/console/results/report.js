/** Write one HTML file that holds results with their charts and opens anywhere: nothing in it comes from a network. */

import { WHAT_SCORES_ARE, count, counted, moment } from "../words.js";
import { escaped, fileSection } from "./report_file.js";
import { groupName, modelName } from "./naming.js";
import { strongest } from "./series.js";

/** How many files are told in full; the others stand in the list with their strongest expressions. */
export const MOST_FILES = 60;
const LISTED = 3;
const PARTS = { plotly: "/console/plotly.min.js", script: "/console/results/report_page.js", style: "/console/results/report.css" };

/**
 * Write the report of results that are read to their end.
 * @param {object} told
 * @param {import("./model.js").Results} told.results
 * @param {string} told.title what was measured
 * @param {import("./controls.js").Chosen} [told.chosen] expressions somebody chose, smoothing and threshold
 * @param {(path: string) => Promise<string>} [told.load] gives the text of a file of the console
 * @param {number} [told.now] milliseconds since 1970
 * @returns {Promise<Blob>} text/html
 * @throws {Error} where a part of the console cannot be had
 */
export async function makeReport({ results, title, chosen, load = loadPart, now = Date.now() }) {
  const [plotly, script, style] = await Promise.all([load(PARTS.plotly), load(PARTS.script), load(PARTS.style)]);
  const charts = [];
  const sections = [];
  for (const file of results.files.slice(0, MOST_FILES)) {
    sections.push(fileSection(file, { charts, chosen }));
    // A long film takes a while; the page stays usable meanwhile.
    await new Promise((go) => setTimeout(go, 0));
  }
  const parts = [
    `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n`,
    `<meta name="color-scheme" content="light dark">\n<meta name="generator" content="mien">\n<title>${escaped(title)}: report</title>\n<style>\n${style}\n</style>\n</head>\n<body>\n`,
    header(results, title, now), "<main>\n", ...troubles(results), listOf(results), ...sections, "</main>\n", footer(results),
    `<script type="application/json" id="charts">${asData(charts)}</script>\n`,
    `<script>${asScript(plotly)}</script>\n<script>\n${asScript(script)}</script>\n</body>\n</html>\n`,
  ];
  return new Blob(parts, { type: "text/html;charset=utf-8" });
}

async function loadPart(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`the server did not give ${path} (HTTP ${response.status})`);
  return response.text();
}

/** JSON inside of HTML: no text in it can end the element it stands in. */
function asData(value) {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function asScript(source) {
  return source.replaceAll("</script", "<\\/script");
}

function header(results, title, now) {
  const caveats = WHAT_SCORES_ARE.map((sentence) => `<li>${escaped(sentence)}</li>`).join("");
  return `<header><p class="eyebrow">Report · ${escaped(moment(now))}</p>\n<h1>${escaped(title)}</h1>\n` +
    `<p class="lead">${counted(results.files.length, "file")}, ${counted(results.predictions, "prediction")}</p>\n` +
    `<section class="caveat"><h2>What scores are, and what they are not</h2><ul>${caveats}</ul></section></header>\n`;
}

function troubles({ sources }) {
  return sources.filter((source) => source?.error).map(({ name, error }) => `<p class="problem"><strong>${escaped(name)}</strong>: ${escaped(error)}</p>\n`);
}

function listOf({ files }) {
  if (files.length < 2) return "";
  const rows = files.map((file, i) => {
    const name = i < MOST_FILES ? `<a href="#file-${i}">${escaped(file.name)}</a>` : escaped(file.name);
    const models = [...file.tables.values()].filter((table) => table.count).map((table) => `${modelName(table.model)} ${count(table.count)}`).join(", ");
    const found = strongest(file.tables.values(), "emotions", LISTED).join(", ");
    return `<tr><th scope="row">${name}</th><td>${escaped(models || "–")}</td><td>${escaped(found || "–")}</td><td class="num">${file.errors.length || ""}</td></tr>`;
  });
  return `<section><h2>Files</h2><div class="wide"><table><thead><tr><th scope="col">File</th><th scope="col">Predictions</th><th scope="col">Strongest expressions</th>` +
    `<th scope="col">Errors</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div></section>\n`;
}

function footer({ files }) {
  const left = files.length - MOST_FILES;
  const more = left > 0 ? `<p>The first ${MOST_FILES} files are told in full; ${count(left)} more stand in the list only.</p>` : "";
  return `<footer>${more}<p>Written by mien. ${escaped(groupName("face_0"))}, ${escaped(groupName("spk_0"))} and the like are whom the measurement told apart, not who they are.</p></footer>\n`;
}
