/** Shows the predictions themselves as a table that can be sorted; only the rows in sight are in the page. */
import { h, icon, replace } from "../dom.js";
import { clock, groupName, modelName, score } from "./naming.js";

const ROW = 36;
const VISIBLE = 14;
const SPARE = 8;

/**
 * Shows the rows of a file's tables, one model at a time.
 * @param {import("./model.js").MeasuredFile} file
 * @param {object} view
 */
export function rowsView(file, view) {
  const rows = new Rows(file, view);
  return { element: rows.element, refresh: () => rows.refresh(), destroy: () => {} };
}

class Rows {
  constructor(file, view) {
    Object.assign(this, { file, view, model: null, by: null, down: true, order: null, known: "" });
    this.choice = h("div", { class: "chips", role: "group", "aria-label": "Model" });
    this.count = h("p", { class: "small muted num" });
    this.head = h("thead", null);
    this.body = h("tbody", null);
    this.table = h("table", { class: "table rows-table" }, this.head, this.body);
    this.box = h("div", { class: "table-wrap rows-box", tabindex: "0", role: "region", "aria-label": "All predictions", on: { scroll: () => this._drawRows() } }, this.table);
    this.element = h("div", { class: "panel rows-panel" }, h("div", { class: "row between rows-head" }, this.choice, this.count), this.box);
  }

  get data() {
    return this.file.tables.get(this.model);
  }

  refresh() {
    const models = [...this.file.tables.values()].filter(({ count }) => count > 0).map(({ model }) => model);
    if (!models.length) return;
    if (!models.includes(this.model)) this.model = models[0];
    this._drawChoice(models);
    this.columns = columnsOf(this.data, this.view.chosen);
    this.count.textContent = `${this.data.count.toLocaleString("en")} predictions`;
    this._sort();
    this._drawHead();
    this._drawRows(true);
  }

  _drawChoice(models) {
    const told = models.join() + this.model;
    if (this.choice.dataset.told === told) return;
    this.choice.dataset.told = told;
    replace(this.choice, models.map((model) => h("button", { type: "button", class: "chip", "aria-pressed": String(model === this.model), on: { click: () => {
      Object.assign(this, { model, by: null, order: null });
      this.box.scrollTop = 0;
      this.refresh();
    } } }, modelName(model))));
  }

  /** Puts the rows in order of the column chosen; in that of the answer when none is. */
  _sort() {
    const column = this.columns.find(({ name }) => name === this.by);
    const key = JSON.stringify([this.model, this.data.count, this.by, this.down]);
    if (key === this.known) return;
    this.known = key;
    this.order = Uint32Array.from({ length: this.data.count }, (_, i) => i);
    if (!column) return;
    const sign = this.down ? -1 : 1;
    const values = Array.from(this.order, column.value);
    const empty = (value) => value === null || value !== value;
    this.order.sort((a, b) => {
      const [one, other] = [values[a], values[b]];
      if (empty(one) || empty(other)) return Number(empty(one)) - Number(empty(other)) || a - b;
      return sign * (typeof one === "string" ? one.localeCompare(other) : one - other) || a - b;
    });
  }

  _drawHead() {
    const told = JSON.stringify([this.columns.map(({ name }) => name), this.by, this.down]);
    if (this.head.dataset.told === told) return;
    this.head.dataset.told = told;
    const held = this.head.contains(document.activeElement) ? document.activeElement.dataset.column : null;
    replace(this.head, h("tr", { "aria-rowindex": "1" }, this.columns.map(({ name, end }) => {
      const sorted = name === this.by;
      return h("th", { scope: "col", class: end ? "end" : "", "aria-sort": sorted ? (this.down ? "descending" : "ascending") : "none" },
        h("button", { type: "button", class: "rows-sort", dataset: { column: name }, on: { click: () => this._by(name, end) } }, name, sorted ? icon("down") : null));
    })));
    this.head.classList.toggle("ascending", !this.down);
    if (held) this.head.querySelector(`[data-column="${CSS.escape(held)}"]`)?.focus();
  }

  _by(name, numbers) {
    if (this.by === name) this.down = !this.down;
    else Object.assign(this, { by: name, down: Boolean(numbers) && name !== "Time" });
    this.box.scrollTop = 0;
    this.refresh();
  }

  _drawRows(anyway = false) {
    if (!this.order) return;
    const { length } = this.order;
    this.box.style.maxHeight = `${(VISIBLE + 1) * ROW}px`;
    const first = Math.max(0, Math.min(length - VISIBLE, Math.floor(this.box.scrollTop / ROW)) - SPARE);
    const last = Math.min(length, first + VISIBLE + 2 * SPARE);
    if (!anyway && first === this.first && last === this.last) return;
    Object.assign(this, { first, last });
    this.table.setAttribute("aria-rowcount", String(length + 1));
    const rows = [];
    for (let i = first; i < last; i++) rows.push(this._row(i));
    replace(this.body, space(first), rows, space(length - last));
  }

  _row(i) {
    const row = this.order[i];
    return h("tr", { "aria-rowindex": String(i + 2) }, this.columns.map(({ value, show, end }) => {
      const text = (show ?? String)(value(row));
      return h("td", { class: end ? "end num" : "rows-text cut", title: end ? null : text }, text);
    }));
  }
}

function space(rows) {
  const cell = h("td", { colspan: "99" });
  cell.style.height = `${rows * ROW}px`;
  return rows > 0 ? h("tr", { class: "rows-space", "aria-hidden": "true" }, cell) : null;
}

/** Says what columns a table has: its places, then the expressions that are chosen. */
function columnsOf(table, chosen) {
  const columns = [];
  if (table.groups.length > 1) columns.push({ name: "Who", value: (i) => groupName(table.groups[table.group[i]]) });
  if (table.timed) columns.push({ name: "Time", end: true, value: (i) => table.begin[i], show: (value) => clock(value, true) });
  if (table.frame[0] >= 0) columns.push({ name: "Frame", end: true, value: (i) => table.frame[i] });
  if (!Number.isNaN(table.prob[0])) columns.push({ name: "Surety", end: true, value: (i) => table.prob[i], show: score });
  if (table.text) columns.push({ name: "Text", value: (i) => table.text[i], show: (value) => value ?? "–" });
  if (table.model === "ner") columns.push({ name: "Entity", value: (i) => table.extras?.[i]?.entity ?? null, show: (value) => value ?? "–" });
  const head = table.heads.has(chosen.head) ? chosen.head : "emotions";
  const labels = chosen.expressions.filter((label) => table.heads.get(head)?.labels.includes(label));
  for (const label of labels) columns.push({ name: label, end: true, value: table.scoreOf(head, label), show: score });
  return columns;
}
