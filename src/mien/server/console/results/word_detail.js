/** Shows what was measured of one word: its strongest expressions as bars, its sentiment, its toxicity. */

import { h, replace } from "../dom.js";
import { expressionColour } from "./colours.js";
import { clock, groupName } from "./naming.js";
import { sentimentOf } from "./passage.js";

const SHOWN = 6;
const TOXIC = 0.1;

/**
 * Make the place beside a text where the word under the pointer is told.
 * @returns {{element: HTMLElement, show: Function, clear: (timed: boolean) => void}}
 */
export function wordDetail() {
  const element = h("aside", { class: "word-detail", "aria-label": "Scores of a word" });
  const said = h("p", { class: "visually-hidden", role: "status" });
  const body = h("div", { class: "stack tight" });
  element.append(said, body);
  return {
    element,
    clear(timed) {
      replace(said);
      replace(body, h("p", { class: "small muted" }, `Point at a word${timed ? ", or play," : ""} to see what was measured of it.`));
    },
    show(table, row, { by, read, aloud, group }) {
      const ranked = strongestOf(table, row);
      replace(body, headOf(table, row, group), scoreBars(pickedFirst(ranked, by, read(row))), foot(table, row));
      if (aloud) replace(said, `${table.text[row]}: ${ranked.slice(0, 3).map(([label, score]) => `${label} ${score.toFixed(2)}`).join(", ")}`);
    },
  };
}

/** Draw scores as a list of labels, bars and figures. @param {[string, number][]} scores @returns {HTMLElement} */
export function scoreBars(scores) {
  return h("dl", { class: "score-bars" }, scores.map(([label, score]) => {
    const bar = h("i", { class: "score-bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", String(Math.min(1, Math.max(0, score))));
    const colour = expressionColour(label);
    if (colour !== "var(--chart-axis)") bar.style.setProperty("--hue", colour);
    return [h("dt", null, label.replaceAll("_", " ")), h("dd", { class: "num" }, bar, h("span", null, Number.isNaN(score) ? "–" : score.toFixed(2)))];
  }));
}

function headOf(table, row, group) {
  const facts = [];
  if (!Number.isNaN(table.begin[row])) facts.push(`${clock(table.begin[row], true)} for ${Math.max(0, table.end[row] - table.begin[row]).toFixed(1)} s`);
  if (group) facts.push(groupName(table.groups[table.group[row]]));
  const confidence = table.extras?.[row]?.confidence;
  if (typeof confidence === "number") facts.push(`heard with confidence ${confidence.toFixed(2)}`);
  return h("div", null, h("p", { class: "word-detail-word" }, table.text[row]), facts.length ? h("p", { class: "small muted num" }, facts.join(" · ")) : null);
}

function strongestOf(table, row) {
  const { labels, scores } = table.heads.get("emotions") ?? { labels: [], scores: [] };
  return labels.map((label, j) => [label, scores[row * labels.length + j]]).sort((a, b) => b[1] - a[1]);
}

function pickedFirst(ranked, by, score) {
  const strongest = ranked.slice(0, SHOWN);
  if (!ranked.some(([label]) => label === by) || strongest.some(([label]) => label === by)) return strongest;
  return [...strongest.slice(0, SHOWN - 1), [by, score]];
}

function foot(table, row) {
  const facts = [];
  const sentiment = sentimentOf(table, row);
  if (!Number.isNaN(sentiment)) facts.push(["Sentiment", `${sentiment.toFixed(1)} of 9`]);
  const { labels, scores } = table.heads.get("toxicity") ?? { labels: [], scores: [] };
  const toxic = labels.map((label, j) => [label, scores[row * labels.length + j]]).filter(([, score]) => score >= TOXIC).sort((a, b) => b[1] - a[1]);
  if (toxic.length) facts.push(["Toxicity", toxic.slice(0, 2).map(([label, score]) => `${label.replaceAll("_", " ")} ${score.toFixed(2)}`).join(", ")]);
  return facts.length ? h("dl", { class: "facts" }, facts.map(([name, value]) => [h("dt", null, name), h("dd", { class: "num" }, value)])) : null;
}
