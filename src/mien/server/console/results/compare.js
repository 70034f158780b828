/** Lays two people, speakers or files side by side: what each expresses more of, how it is spread, and when. */

import { errorBox } from "../dialogs.js";
import { h, icon, replace, svg, uniqueId } from "../dom.js";
import { CompareTimeline } from "./compare_timeline.js";
import { differences, firstPair, rowsOfSide, sidesOf, spreads } from "./comparing.js";
import { HEAD_NAMES } from "./controls.js";
import { baseName, groupName, modelName } from "./naming.js";

const MOST_FILES = 1000;
const FIRST_ROWS = 12;
const MODELS = ["face", "prosody", "language", "burst", "facemesh", "ner"];
const STRIP = { width: 240, height: 30 };
const COLOURS = ["var(--chart-1)", "var(--chart-2)"];
const TELLING = 0.01;

/**
 * Show the comparison.
 * @param {import("./model.js").Results} results
 * @param {object} view the ViewContext, of the file in sight or of the page
 * @returns {{element: HTMLElement, refresh: () => void, destroy: () => void}}
 */
export function compareView(results, view) {
  const compare = new Compare(results, view);
  return { element: compare.element, refresh: () => compare.refresh(), destroy: () => compare.destroy() };
}

class Compare {
  constructor(results, view) {
    Object.assign(this, { results, view, model: null, pair: [], head: "emotions", all: false, label: null, told: "" });
    this.choice = h("div", { class: "compare-choice panel" });
    this.summary = h("p", { class: "compare-summary", role: "status" });
    this.body = h("div", { class: "stack" });
    this.timeline = new CompareTimeline(view.chosen);
    this.element = h("div", { class: "compare stack" }, this.choice, this.body);
  }

  /** Take in what has come since, as long as nobody has chosen. */
  refresh() {
    const models = this._models();
    if (!models.length) {
      this.choice.hidden = true;
      replace(this.body, h("div", { class: "empty" }, icon("compare"), h("h3", null, "Nothing to compare"),
        h("p", null, this.results.done ? "It takes two files, or one file with two people or speakers that were told apart." : "Results are still coming in.")));
      return;
    }
    const shown = this.view.file ?? null;
    if (!models.includes(this.model)) this.model = this._modelFor(shown, models);
    this.choice.hidden = false;
    this.sides = sidesOf(this.results.files, this.model, MOST_FILES);
    if (this.pair.length < 2 || !this.pair.every((side) => this.sides.some((one) => same(one, side)))) this.pair = firstPair(this.sides, shown);
    this._drawChoice(models);
    this._drawResult();
  }

  destroy() {
    this.timeline.destroy();
  }

  _models() {
    const found = new Set(this.results.files.flatMap((file) => [...file.tables.keys()]));
    const ordered = [...MODELS, ...[...found].filter((model) => !MODELS.includes(model))].filter((model) => found.has(model));
    return ordered.filter((model) => firstPair(sidesOf(this.results.files, model, MOST_FILES), null).length === 2);
  }

  /** The model by which two people of the file in sight can be told apart, else one by which that file was measured. */
  _modelFor(shown, models) {
    const people = (model) => (shown?.tables.get(model)?.count ? shown.tables.get(model).groups.length : 0);
    return models.find((model) => people(model) > 1) ?? models.find((model) => people(model) > 0) ?? models[0];
  }

  _tables() {
    return this.pair.map(({ file }) => file.tables.get(this.model));
  }

  _drawChoice(models) {
    const heads = Object.keys(HEAD_NAMES).filter((head) => this._tables().every((table) => table.heads.has(head)));
    if (!heads.includes(this.head)) this.head = heads[0];
    const told = JSON.stringify([models, heads, this.sides.length, this.model, this.head, this.pair.map((side) => this._place(side))]);
    if (told === this.told) return;
    this.told = told;
    const set = (name, value) => { this[name] = value; this.label = null; this.refresh(); this.choice.querySelector(`[data-choice=${name}]`)?.focus(); };
    replace(this.choice,
      this._select("First", "first", this._sideOptions(), this._place(this.pair[0]), (value) => this._choose(0, value)),
      h("button", { type: "button", class: "button icon-only quiet compare-swap", "aria-label": "Swap the two", on: { click: () => this._swap() } }, icon("compare")),
      this._select("Second", "second", this._sideOptions(), this._place(this.pair[1]), (value) => this._choose(1, value)),
      this._select("Scores of", "model", models.map((model) => h("option", { value: model }, modelName(model))), this.model, (value) => set("model", value)),
      heads.length > 1 ? this._select("Kind", "head", heads.map((head) => h("option", { value: head }, HEAD_NAMES[head])), this.head, (value) => set("head", value)) : null);
  }

  _select(name, choice, options, value, change) {
    const id = uniqueId("compare");
    const select = h("select", { id, dataset: { choice }, on: { change: () => change(select.value) } }, options);
    select.value = String(value);
    return h("div", { class: ["field", `compare-${choice}`] }, h("label", { for: id }, name), select);
  }

  _sideOptions() {
    const several = this.sides.some(({ file }) => file !== this.sides[0].file);
    return this.sides.map((side, place) => h("option", { value: String(place) }, sideName(side, several)));
  }

  _place(side) {
    return this.sides.findIndex((one) => same(one, side));
  }

  _choose(which, value) {
    this.pair = this.pair.map((side, i) => (i === which ? this.sides[Number(value)] : side));
    this.label = null;
    this.refresh();
    this.choice.querySelector(`[data-choice=${which ? "second" : "first"}]`)?.focus();
  }

  _swap() {
    this.pair = [this.pair[1], this.pair[0]];
    this.refresh();
    this.choice.querySelector(".compare-swap")?.focus();
  }

  _drawResult() {
    const tables = this._tables();
    const rows = tables.map((table, i) => rowsOfSide(table, this.pair[i]));
    const [first, second] = tables.map((table, i) => spreads(table, rows[i], this.head));
    const found = differences(first, second);
    if (!found.length) {
      replace(this.body, errorBox(new Error("The two have no scores in common.")));
      return;
    }
    this.label = found.some(({ label }) => label === this.label) ? this.label : found[0].label;
    const names = this._names();
    replace(this.summary, summaryOf(found, names));
    replace(this.body, this._table(found, names, rows), this.timeline.element);
    const timed = tables.every((table) => table.timed) && this.pair.every(({ file }) => file.type !== "image");
    const draw = () => this.timeline.show(timed ? tables.map((table, i) => ({ table, rows: rows[i], name: names[i], colour: COLOURS[i] })) : null, this.head, this.label);
    draw();
    this.drawTimeline = draw;
  }

  _names() {
    const [one, two] = this.pair;
    return one.file === two.file ? [sideName(one, false), sideName(two, false)] : [sideName(one, true), sideName(two, true)];
  }

  _table(found, names, rows) {
    const most = Math.max(0.05, ...found.flatMap(({ first, second }) => [first.shares[4], second.shares[4], first.mean, second.mean]));
    const widest = Math.max(TELLING, Math.abs(found[0].difference));
    const shown = this.all ? found : found.slice(0, FIRST_ROWS);
    const legend = h("ul", { class: "compare-legend" }, names.map((name, i) => {
      const dot = h("i", { class: "dot", "aria-hidden": "true" });
      dot.style.setProperty("--hue", COLOURS[i]);
      return h("li", null, dot, h("span", { class: "break" }, name), h("span", { class: "small muted num" }, ` ${rows[i].length.toLocaleString("en")} predictions`));
    }));
    const head = h("tr", null, h("th", { scope: "col" }, "Expression"), h("th", { scope: "col" }, `Spread, 0 to ${most.toFixed(2)}`),
      names.map((name) => h("th", { scope: "col", class: "end compare-side", title: name }, h("span", { class: "cut" }, name))), h("th", { scope: "col" }, "Difference of the means"));
    return h("section", { class: "panel", "aria-label": "Differences" },
      h("div", { class: "panel-head" }, legend, this.summary),
      h("div", { class: "table-wrap", tabIndex: 0, role: "group", "aria-label": "Differences" }, h("table", { class: "table compare-table" }, h("thead", null, head),
        h("tbody", null, shown.map((one) => this._row(one, names, { most, widest }))))),
      found.length > FIRST_ROWS ? h("div", { class: "compare-foot" }, h("button", { type: "button", class: "button small", on: { click: () => { this.all = !this.all; this.refresh(); } } },
        this.all ? `Show the ${FIRST_ROWS} largest` : `Show all ${found.length}`), h("p", { class: "small muted" }, "Bars span a quarter to three quarters of the scores, lines a tenth to nine tenths; the mark is the mean.")) : null);
  }

  _row({ label, first, second, difference }, names, { most, widest }) {
    const bar = h("i", { class: "compare-bar", dataset: { side: difference >= 0 ? "first" : "second" }, "aria-hidden": "true" });
    bar.style.setProperty("--share", String(Math.min(1, Math.abs(difference) / widest)));
    const button = h("button", { type: "button", class: "link compare-label", "aria-pressed": String(label === this.label), on: { click: () => this._pick(label) } }, label.replaceAll("_", " "));
    return h("tr", { class: label === this.label ? "is-picked" : null, dataset: { label } }, h("th", { scope: "row" }, button),
      h("td", { class: "compare-spread" }, strip([first, second], most)), [first, second].map(({ mean }) => h("td", { class: "end num" }, mean.toFixed(2))),
      h("td", null, h("span", { class: "compare-difference num" }, h("span", { class: "compare-room" }, bar), h("span", null, signed(difference)))));
  }

  _pick(label) {
    this.label = label;
    for (const row of this.body.querySelectorAll("tr[data-label]")) {
      row.classList.toggle("is-picked", row.dataset.label === label);
      row.querySelector("button").setAttribute("aria-pressed", String(row.dataset.label === label));
    }
    this.drawTimeline();
  }
}

/** Draw two distributions over one another: a line from 10 to 90 of a hundred, a bar from 25 to 75, a mark at the mean. */
function strip(sides, most) {
  const { width, height } = STRIP;
  const x = (score) => (Math.min(most, Math.max(0, score)) / most) * (width - 4) + 2;
  const parts = sides.flatMap(({ mean, shares: [low, quarter, , threeQuarters, high] }, i) => {
    const y = i ? height * 0.72 : height * 0.28;
    return [
      svg("line", { x1: x(low), x2: x(high), y1: y, y2: y, class: `side-${i + 1} whisker` }),
      svg("rect", { x: x(quarter), width: Math.max(1, x(threeQuarters) - x(quarter)), y: y - 4, height: 8, rx: 2, class: `side-${i + 1} box` }),
      svg("line", { x1: x(mean), x2: x(mean), y1: y - 6, y2: y + 6, class: `side-${i + 1} mean` }),
    ];
  });
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", class: "compare-strip", "aria-hidden": "true", focusable: "false" }, parts);
}

function summaryOf(found, names) {
  const more = (sign) => found.filter(({ difference }) => difference * sign > TELLING).slice(0, 3).map(({ label, difference }) => `${label.replaceAll("_", " ")} ${signed(Math.abs(difference))}`);
  const [first, second] = [more(1), more(-1)];
  if (!first.length && !second.length) return "The two hardly differ.";
  return [first.length ? `More for ${names[0]}: ${first.join(", ")}.` : null, second.length ? `More for ${names[1]}: ${second.join(", ")}.` : null].filter(Boolean).join(" ");
}

function signed(number) {
  return `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(2)}`;
}

function same(one, other) {
  return one.file === other.file && one.group === other.group;
}

function fileName({ name, type }) {
  return type === "text" && /^\d+$/.test(name) ? `Text ${name}` : name;
}

function sideName({ file, group }, withFile) {
  const person = group === null ? "Everybody" : groupName(group);
  if (!withFile) return person;
  const name = baseName(fileName(file));
  if (group !== null) return `${person} in ${name}`;
  return file.tables.size && [...file.tables.values()].some(({ groups }) => groups.length > 1) ? `Everybody in ${name}` : name;
}
