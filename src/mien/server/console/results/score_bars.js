/** Shows the strongest scores of one prediction as bars that can be changed in place. */
import { h } from "../dom.js";
import { expressionColour } from "./colours.js";
import { score } from "./naming.js";

/**
 * Gives the strongest labels of a row.
 * @param {import("./model.js").Table} table
 * @param {number} row
 * @param {string} head
 * @param {number} most
 * @returns {[string, number][]}
 */
export function strongestOf(table, row, head, most) {
  const found = table.heads.get(head);
  if (!found) return [];
  const base = row * found.labels.length;
  const entries = found.labels.map((label, j) => [label, found.scores[base + j]]);
  return entries.filter(([, value]) => !Number.isNaN(value)).sort((a, b) => b[1] - a[1]).slice(0, most);
}

/** Holds a list of bars; `set` changes it without making it anew, as often as a film has frames. */
export class ScoreBars {
  /** @param {string} label what the scores are of, for screen readers */
  constructor(label) {
    this.lines = [];
    this.element = h("ul", { class: "bars", "aria-label": label });
  }

  /** @param {[string, number][]} entries */
  set(entries) {
    while (this.lines.length < entries.length) this.lines.push(this._line());
    this.lines.forEach((line, i) => {
      line.item.hidden = i >= entries.length;
      if (i < entries.length) this._fill(line, ...entries[i]);
    });
  }

  _line() {
    const name = h("span", { class: "bar-name cut" });
    const fill = h("i", null);
    const number = h("span", { class: "num" });
    const item = h("li", null, name, h("span", { class: "bar", "aria-hidden": "true" }, fill), number);
    this.element.append(item);
    return { item, name, fill, number, label: null };
  }

  _fill(line, label, value) {
    if (line.label !== label) {
      line.label = label;
      line.name.textContent = label;
      line.name.title = label;
    }
    line.fill.style.background = expressionColour(label);
    line.fill.style.transform = `scaleX(${Math.min(1, Math.max(0, value))})`;
    line.number.textContent = score(value);
  }
}
