/** Tell one file in a report: its charts, its words in colour, its sentiment, toxicity and names. */

import { HEAD_NAMES, STRONGEST, tellingWordsApart } from "./controls.js";
import { entitiesOf } from "./entities.js";
import { TOXIC, toxicStretches } from "./language.js";
import { means } from "./means.js";
import { clock, groupName, modelName, score } from "./naming.js";
import { coloursOfWords, fullest, passageOf, readerOf } from "./passage.js";
import { minMax, seriesOf, strongest } from "./series.js";

const MOST_GROUPS = 6;
const MOST_POINTS = 1200;
const MOST_WORDS = 20_000;
const MOST_BARS = 10;
const MOST_NAMES = 100;
const DIGITS = 1e4;

/** Write text so that HTML takes it as text. @param {unknown} text @returns {string} */
export function escaped(text) {
  const marks = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return String(text).replace(/[&<>"']/g, (mark) => marks[mark]);
}

let sections = 0;

/**
 * Write the section of a file, and add its charts to those the page draws.
 * @param {import("./model.js").MeasuredFile} file
 * @param {{charts: object[], chosen?: import("./controls.js").Chosen}} into
 * @returns {string}
 */
export function fileSection(file, { charts, chosen }) {
  if (!charts.length) sections = 0;
  const told = [...file.tables.values()].filter((table) => table.count).flatMap((table) => modelPart(table, { charts, chosen, still: file.type === "image" }));
  const errors = file.errors.map((message) => `<p class="problem">${escaped(message)}</p>`).join("");
  const nothing = told.length || errors ? "" : `<p class="muted">Nothing was found that the chosen models could score.</p>`;
  return `<section id="file-${sections++}" class="file"><h2>${escaped(file.name)}</h2>${errors}${nothing}\n${told.join("\n")}${wordsPart(file, chosen)}${sentimentPart(file)}${toxicityPart(file)}${namesPart(file)}</section>\n`;
}

function modelPart(table, { charts, chosen, still }) {
  const parts = [];
  for (const head of Object.keys(HEAD_NAMES).filter((one) => table.heads.has(one) && one !== "sentiment" && one !== "toxicity")) {
    const { labels } = table.heads.get(head);
    const picked = chosen && !chosen.auto && chosen.head === head ? chosen.expressions.filter((label) => labels.includes(label)) : [];
    const shown = picked.length ? picked : strongest([table], head, STRONGEST);
    const title = head === "emotions" ? modelName(table.model) : `${modelName(table.model)}: ${HEAD_NAMES[head].toLowerCase()}`;
    const timed = !still && table.timed && table.count > 1;
    const chart = timed ? linesOf(table, head, shown, chosen) : [barsOf(table, head)];
    parts.push(`<h3>${escaped(title)}</h3>${chart.map((one) => place(one, charts)).join("")}${timed ? meansTable(table, head) : ""}`);
  }
  return parts;
}

function place(chart, charts) {
  charts.push(chart);
  const caption = `<figcaption>${escaped(chart.group)}<span class="hidden"> ${escaped(chart.says)}</span></figcaption>`;
  return `<figure>${caption}<div class="chart" id="chart-${charts.length - 1}"></div></figure>\n`;
}

function linesOf(table, head, labels, chosen) {
  const several = table.groups.length > 1;
  const until = table.end.subarray(0, table.count).reduce((last, end) => (end > last ? end : last), 0);
  return table.groups.slice(0, MOST_GROUPS).map((id) => {
    const rows = table.rowsOf(id);
    const lines = labels.map((label) => {
      const { times, values } = seriesOf(table, head, label, { rows, smoothing: chosen?.smoothing ?? 0, threshold: chosen?.threshold ?? 0 });
      const { x, y } = minMax(times, values, { most: MOST_POINTS });
      // Milliseconds from the beginning; the report's own script puts them on an axis of dates.
      return { name: label, x: x.map((time) => Math.round(1000 * time)), y: y.map((value) => (value === null ? null : rounded(value))) };
    });
    return { kind: "lines", until: Math.round(1000 * until), group: several ? groupName(id) : "", lines, dots: rows.length < 3 || table.model === "burst", says: `${labels.join(", ")} over time` };
  });
}

function barsOf(table, head) {
  const labels = strongest([table], head, MOST_BARS).reverse();
  const all = table.heads.get(head);
  const groups = table.groups.slice(0, MOST_GROUPS).map((id) => {
    const rows = table.rowsOf(id);
    const mean = (label) => rows.reduce((sum, row) => sum + (all.scores[row * all.labels.length + all.labels.indexOf(label)] || 0), 0) / rows.length;
    return { name: groupName(id), values: labels.map((label) => rounded(mean(label))) };
  });
  return { kind: "bars", group: "", labels, groups, says: `Strongest: ${[...labels].reverse().join(", ")}` };
}

function meansTable(table, head) {
  const { mean } = means(table, head);
  const { labels } = table.heads.get(head);
  const rows = labels.map((label, j) => [label, mean[j]]).sort((a, b) => b[1] - a[1]).slice(0, MOST_BARS);
  const cells = rows.map(([label, value]) => `<tr><th scope="row">${escaped(label)}</th><td class="num">${score(value)}</td><td class="bar"><i style="width:${(100 * value).toFixed(1)}%"></i></td></tr>`);
  return `<details><summary>Means of all ${table.count.toLocaleString("en")} predictions</summary><table class="means"><tbody>${cells.join("")}</tbody></table></details>\n`;
}

function wordsPart(file, chosen) {
  const table = file.tables.get("language") ?? file.tables.get("prosody");
  const passage = passageOf(table);
  if (!passage) return "";
  const choices = coloursOfWords(table);
  const by = choices.find(({ value }) => value === chosen?.highlight) ?? choices.find(({ value }) => value === tellingWordsApart(file));
  if (!by) return "";
  const read = readerOf(table, by.value);
  const most = fullest(passage, read);
  const word = (k) => {
    const share = Math.min(1, Math.abs(read(passage.rows[k])) / most) || 0;
    const text = escaped(table.text[passage.rows[k]]);
    return share < 0.03 ? text : `<span class="${read(passage.rows[k]) < 0 ? "w b" : "w"}" style="--t:${share.toFixed(2)}">${text}</span>`;
  };
  const paragraphs = passage.paragraphs.filter(({ first }) => first < MOST_WORDS).map(({ group, first, last, begin }) => {
    const speaker = [table.groups.length > 1 ? groupName(group) : "", Number.isNaN(begin) ? "" : clock(begin)].filter(Boolean).join(" · ");
    let text = "";
    for (let k = first; k < last; k += 1) text += (k > first ? passage.gaps[k] : "") + word(k);
    return `<p>${speaker ? `<span class="speaker">${escaped(speaker)}</span>` : ""}${text}</p>`;
  });
  const rest = passage.rows.length > MOST_WORDS ? `<p class="muted">The report ends here, after ${MOST_WORDS.toLocaleString("en")} words of ${passage.rows.length.toLocaleString("en")}.</p>` : "";
  return `<h3>${passage.timed ? "Transcript" : "Text"}, coloured by ${escaped(by.kind === "Sentiment" ? "sentiment" : by.label)}</h3><div class="words">${paragraphs.join("\n")}${rest}</div>\n`;
}

function sentimentPart(file) {
  const table = file.tables.get("language");
  if (!table?.heads.has("sentiment")) return "";
  const { mean } = means(table, "sentiment");
  const cells = table.heads.get("sentiment").labels.map((label, j) => `<td><i class="${label < 5 ? "low" : label > 5 ? "high" : ""}" style="height:${(80 * mean[j] / Math.max(...mean)).toFixed(0)}px"></i>${Math.round(100 * mean[j])}%<br><span class="muted">${escaped(label)}</span></td>`);
  return `<h3>Sentiment, from 1 most negative to 9 most positive</h3><table class="sentiment"><tbody><tr>${cells.join("")}</tr></tbody></table>\n`;
}

function toxicityPart(file) {
  const table = file.tables.get("language");
  const passage = passageOf(table);
  if (!passage || !table.heads.has("toxicity")) return "";
  const found = toxicStretches(table, passage).slice(0, MOST_BARS).map(({ first, last, kind, score: value }) => {
    const words = Array.from(passage.rows.subarray(first, Math.min(last, first + 20)), (row) => table.text[row]).join(" ");
    return `<li><q>${escaped(words)}${last - first > 20 ? "…" : ""}</q> <span class="muted">${escaped(kind.replaceAll("_", " "))} ${score(value)}</span></li>`;
  });
  return `<h3>Toxicity</h3>${found.length ? `<ul>${found.join("")}</ul>` : `<p class="muted">No stretch reaches ${TOXIC.toFixed(1)}.</p>`}\n`;
}

function namesPart(file) {
  const table = file.tables.get("ner");
  if (!table?.count) return "";
  const rows = entitiesOf(table).slice(0, MOST_NAMES).map(({ name, uri, rows: found, certainty }) => {
    const linked = /^https?:\/\//i.test(uri) ? `<a href="${escaped(uri)}" rel="noopener noreferrer">${escaped(name)}</a>` : escaped(name);
    return `<tr><th scope="row">${linked}</th><td class="num">${found.length}</td><td class="num">${score(certainty)}</td></tr>`;
  });
  return `<h3>Named entities</h3><table><thead><tr><th scope="col">Name</th><th scope="col">Mentions</th><th scope="col">Certainty</th></tr></thead><tbody>${rows.join("")}</tbody></table>\n`;
}

function rounded(value) {
  return Math.round(value * DIGITS) / DIGITS;
}
