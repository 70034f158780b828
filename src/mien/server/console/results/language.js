/** Shows what a text says on the whole: the distribution of its sentiment, its course, and where it is toxic. */

import { h, icon, replace, svg, uniqueId } from "../dom.js";
import { means } from "./means.js";
import { clock } from "./naming.js";
import { passageOf, sentimentOf } from "./passage.js";

const CHART = { width: 640, height: 96, columns: 160 };
const LEVELS = { 1: "most negative", 5: "neutral", 9: "most positive" };
const TOXIC_WORDS = 5;
/** How far from neutral the chart of sentiment reaches at least, of 4. */
const LEAST_REACH = 1.5;
/** From this score on a stretch is worth being shown. */
export const TOXIC = 0.5;
const KINDS = {
  toxic: "Toxic", severe_toxic: "Severely toxic", obscene: "Obscene", threat: "Threat", insult: "Insult", identity_hate: "Identity hate",
};

/**
 * Show sentiment and toxicity of a file's words; nothing where neither was asked for.
 * @param {import("./model.js").MeasuredFile} file
 * @param {object} view the ViewContext
 * @returns {{element: HTMLElement, refresh: () => void, destroy: () => void}}
 */
export function languageView(file, view) {
  const element = h("div", { class: "language-views" });
  let drawn = -1;
  const refresh = () => {
    const table = file.tables.get("language");
    const heads = ["sentiment", "toxicity"].filter((head) => table?.heads.has(head));
    element.hidden = heads.length === 0;
    if (!heads.length || table.count === drawn) return;
    drawn = table.count;
    const passage = passageOf(table);
    replace(element, table.heads.has("sentiment") ? sentimentPanel(table, passage, view) : null,
      table.heads.has("toxicity") ? toxicityPanel(table, passage, view) : null);
  };
  refresh();
  return { element, refresh, destroy() {} };
}

function panel(title, hint, ...children) {
  const id = uniqueId("language");
  return h("section", { class: "panel", "aria-labelledby": id },
    h("div", { class: "panel-head" }, h("h3", { id }, title), h("p", { class: "small muted" }, hint)), h("div", { class: "panel-body stack" }, children));
}

function sentimentPanel(table, passage, view) {
  const { mean } = means(table, "sentiment");
  const { labels } = table.heads.get("sentiment");
  const middle = labels.reduce((sum, label, j) => sum + Number(label) * mean[j], 0) / (mean.reduce((sum, one) => sum + one, 0) || 1);
  return panel("Sentiment", `${middle.toFixed(1)} of 9 on average: ${wordOf(middle)}`, distribution(labels, mean), passage ? course(table, passage, view) : null);
}

function wordOf(level) {
  if (level < 3.5) return "negative";
  if (level < 4.6) return "rather negative";
  if (level <= 5.4) return "neutral";
  return level <= 6.5 ? "rather positive" : "positive";
}

function distribution(labels, mean) {
  const most = Math.max(...mean, 0.01);
  return h("table", { class: "sentiment-levels" }, h("caption", { class: "visually-hidden" }, "Distribution of sentiment, from 1 most negative to 9 most positive"),
    h("thead", { class: "visually-hidden" }, h("tr", null, labels.map((label) => h("th", { scope: "col" }, `${label}${LEVELS[label] ? ` ${LEVELS[label]}` : ""}`)))),
    h("tbody", null, h("tr", null, labels.map((label, j) => {
      const bar = h("i", { class: "sentiment-bar", dataset: { side: Number(label) < 5 ? "low" : Number(label) > 5 ? "high" : "middle" }, "aria-hidden": "true" });
      bar.style.setProperty("--share", String(mean[j] / most));
      return h("td", null, h("span", { class: "small num" }, percent(mean[j])), h("span", { class: "sentiment-room" }, bar), h("span", { class: "small muted", "aria-hidden": "true" }, label));
    }))));
}

/** Draw how sentiment goes over the text, above and below neutral; a click goes there where words have times. */
function course(table, passage, view) {
  const { width, height, columns } = CHART;
  const number = Math.min(columns, passage.rows.length);
  const levels = averages(table, passage, number);
  const step = width / number;
  const reach = Math.max(LEAST_REACH, ...levels.map((level) => Math.abs(level - 5)));
  const bars = levels.map((level, k) => {
    const size = (Math.abs(level - 5) / reach) * (height / 2 - 2);
    return svg("rect", { x: k * step + step * 0.1, width: step * 0.8, y: level >= 5 ? height / 2 - size : height / 2, height: Math.max(0.5, size || 0), class: level >= 5 ? "high" : "low" });
  });
  const line = svg("line", { x1: 0, x2: width, y1: height / 2, y2: height / 2, class: "axis" });
  const now = svg("line", { y1: 0, y2: height, class: "now", visibility: "hidden" });
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", class: ["sentiment-course", passage.timed && "can-seek"].filter(Boolean).join(" "), role: "img",
    "data-chart": "Sentiment over the text", "aria-label": `Sentiment from beginning to end, from ${Math.min(...levels).toFixed(1)} to ${Math.max(...levels).toFixed(1)} of 9` }, bars, line, now);
  if (passage.timed) {
    drawing.addEventListener("click", (event) => {
      const { left, width: shown } = drawing.getBoundingClientRect();
      const place = Math.min(passage.rows.length - 1, Math.floor(((event.clientX - left) / shown) * passage.rows.length));
      view.playhead.seek(passage.begins[place]);
    });
  }
  return h("figure", null, drawing, h("figcaption", { class: "row between small muted" }, h("span", null, "beginning"), h("span", null, "positive above the line, negative below"), h("span", null, "end")));
}

function averages(table, passage, number) {
  return Array.from({ length: number }, (_, k) => {
    const [from, to] = [Math.floor((k * passage.rows.length) / number), Math.floor(((k + 1) * passage.rows.length) / number)];
    const levels = Array.from(passage.rows.subarray(from, to), (row) => sentimentOf(table, row)).filter((level) => !Number.isNaN(level));
    return levels.length ? levels.reduce((sum, level) => sum + level, 0) / levels.length : 5;
  });
}

function toxicityPanel(table, passage, view) {
  const { labels, scores } = table.heads.get("toxicity");
  const peaks = labels.map((_, j) => peakOf(scores, labels.length, j, table.count));
  const { mean } = means(table, "toxicity");
  const stretches = passage ? toxicStretches(table, passage) : [];
  const bars = h("dl", { class: "score-bars toxicity" }, labels.map((label, j) => {
    const bar = h("i", { class: "score-bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", String(peaks[j]));
    return [h("dt", null, KINDS[label] ?? label), h("dd", { class: "num" }, bar, h("span", null, peaks[j].toFixed(2)), h("span", { class: "visually-hidden" }, ` at most, ${mean[j].toFixed(2)} on average`))];
  }));
  const told = stretches.length ? h("ul", { class: "toxic-stretches" }, stretches.map((one) => stretchItem(one, table, passage, view)))
    : h("p", { class: "small muted row close" }, icon("check"), `No stretch reaches ${TOXIC.toFixed(1)}.`);
  return panel("Toxicity", "Highest score of each kind", bars, told);
}

function peakOf(scores, width, column, count) {
  let peak = 0;
  for (let i = 0; i < count; i += 1) if (scores[i * width + column] > peak) peak = scores[i * width + column];
  return peak;
}

/**
 * Return the stretches of a text in which some kind of toxicity reaches 0.5, most toxic first.
 * @returns {{first: number, last: number, kind: string, score: number}[]} places in the passage, last exclusive
 */
export function toxicStretches(table, passage) {
  const { labels, scores } = table.heads.get("toxicity");
  const found = [];
  let current = null;
  passage.rows.forEach((row, k) => {
    let best = -1;
    labels.forEach((_, j) => { if (best < 0 || scores[row * labels.length + j] > scores[row * labels.length + best]) best = j; });
    const score = scores[row * labels.length + best];
    if (!(score >= TOXIC)) current = null;
    else if (!current) found.push((current = { first: k, last: k + 1, kind: labels[best], score }));
    else Object.assign(current, { last: k + 1 }, score > current.score ? { score, kind: labels[best] } : null);
  });
  return found.sort((a, b) => b.score - a.score);
}

function stretchItem({ first, last, kind, score }, table, passage, view) {
  const words = Array.from(passage.rows.subarray(first, Math.min(last, first + TOXIC_WORDS * 3)), (row) => table.text[row]).join(" ");
  const quote = `“${words}${last - first > TOXIC_WORDS * 3 ? "…" : ""}”`;
  const seconds = table.begin[passage.rows[first]];
  const place = Number.isNaN(seconds) ? null
    : h("button", { type: "button", class: "link num", "aria-label": `Play from ${clock(seconds)}`, on: { click: () => view.playhead.seek(seconds) } }, clock(seconds));
  return h("li", null, place, h("q", null, quote.slice(1, -1)), h("span", { class: "small muted num" }, `${KINDS[kind] ?? kind} ${score.toFixed(2)}`));
}

function percent(share) {
  const points = share * 100;
  return points > 0 && points < 1 ? "<1%" : `${Math.round(points)}%`;
}
