/** Lets people choose what of a result is looked at: the head, the expressions, smoothing, the lowest score shown. */

import { h, icon, replace, uniqueId } from "../dom.js";
import { expressionColour } from "./colours.js";
import { HEAD_NAMES, headsOf, labelsOf } from "./controls.js";
import { means } from "./means.js";

const MOST_SECONDS = 10;

/**
 * Show the choices of a page.
 * @param {import("./model.js").MeasuredFile} file
 * @param {object} view the ViewContext
 * @returns {{element: HTMLElement, refresh: () => void, destroy: () => void}}
 */
export function controlsView(file, view) {
  const { chosen } = view;
  const heads = h("div", { class: "chips", role: "group", "aria-label": "Kind of scores" });
  const chips = h("ul", { class: "chips controls-chosen", "aria-label": "Shown" });
  const picker = expressionPicker(file, chosen);
  const strongest = h("button", { type: "button", class: "button small quiet", on: { click: () => chosen.automatic(file) } }, icon("again"), "Strongest");
  const smoothing = slider("Smoothing", { max: MOST_SECONDS, step: 0.5, said: (value) => (value > 0 ? `${value} s` : "none"), change: (value) => chosen.smooth(value) });
  const threshold = slider("Shown from", { max: 1, step: 0.05, said: (value) => (value > 0 ? value.toFixed(2) : "any score"), change: (value) => chosen.from(value) });
  const element = h("section", { class: "controls panel", "aria-label": "What is shown" },
    h("div", { class: "controls-expressions" }, heads, h("div", { class: "row close" }, chips, picker.element, strongest)),
    h("div", { class: "controls-sliders" }, smoothing.element, threshold.element));
  const refresh = () => {
    drawHeads(heads, file, chosen);
    drawChips(chips, chosen);
    picker.refresh();
    strongest.hidden = chosen.auto;
    const timed = [...file.tables.values()].some((table) => table.timed && table.count > 1);
    smoothing.element.hidden = !timed;
    smoothing.set(chosen.smoothing);
    threshold.set(chosen.threshold);
  };
  refresh();
  return { element, refresh, destroy: () => picker.destroy() };
}

function drawHeads(place, file, chosen) {
  const heads = headsOf(file);
  place.hidden = heads.length < 2;
  const told = [...heads, chosen.head].join();
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  const held = place.contains(document.activeElement);
  replace(place, heads.map((head) => h("button", {
    type: "button", class: "chip", "aria-pressed": String(head === chosen.head), on: { click: () => chosen.look(head, file) },
  }, HEAD_NAMES[head])));
  if (held) place.querySelector("[aria-pressed=true]")?.focus();
}

function drawChips(place, chosen) {
  const told = chosen.expressions.map((one) => `${one} ${expressionColour(one)}`).join("|");
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  replace(place, chosen.expressions.map((expression) => {
    const dot = h("i", { class: "dot", "aria-hidden": "true" });
    dot.style.setProperty("--hue", expressionColour(expression));
    return h("li", null, h("button", {
      type: "button", class: "chip", title: `Leave ${label(expression)} out`, "aria-label": `${label(expression)}: leave out`, on: { click: () => leaveOut(place, chosen, expression) },
    }, dot, label(expression), icon("close")));
  }), chosen.expressions.length ? null : h("li", { class: "small muted" }, "Nothing is chosen."));
}

function leaveOut(place, chosen, expression) {
  const at = chosen.expressions.indexOf(expression);
  chosen.toggle(expression);
  drawChips(place, chosen);
  const left = place.querySelectorAll("button");
  left[Math.min(at, left.length - 1)]?.focus();
}

/** A list of all expressions to tick, with a field to find one; the strongest stand first. */
function expressionPicker(file, chosen) {
  const search = h("input", { type: "search", class: "small", placeholder: "Find", "aria-label": "Find an expression", on: { input: () => filter() } });
  const list = h("ul", { class: "picker-list" });
  const element = h("details", { class: "picker", on: { toggle: () => opened(), keydown: (event) => closeByKey(event), focusout: (event) => left(event) } },
    h("summary", { class: "button small" }, icon("add"), "Choose"), h("div", { class: "picker-panel stack tight" }, search, list));
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    for (const item of list.children) item.hidden = !item.textContent.toLowerCase().includes(wanted);
  };
  const draw = () => {
    const head = chosen.head;
    const found = meansOf(file, head);
    replace(list, labelsOf(file, head).sort((a, b) => (found.get(b) ?? 0) - (found.get(a) ?? 0)).map((one) => pick(one, found.get(one), chosen)));
    filter();
  };
  const beside = (event) => { if (!element.contains(event.target)) element.open = false; };
  const opened = () => {
    if (!element.open) {
      document.removeEventListener("pointerdown", beside);
      return;
    }
    document.addEventListener("pointerdown", beside);
    search.value = "";
    draw();
    if (matchMedia("(pointer: fine)").matches) search.focus();
  };
  const closeByKey = (event) => {
    if (event.key !== "Escape" || !element.open) return;
    element.open = false;
    element.querySelector("summary").focus();
  };
  const left = (event) => { if (event.relatedTarget && !element.contains(event.relatedTarget)) element.open = false; };
  const refresh = () => {
    if (!element.open) return;
    for (const box of list.querySelectorAll("input")) box.checked = chosen.expressions.includes(box.value);
  };
  return { element, refresh, destroy: () => document.removeEventListener("pointerdown", beside) };
}

function pick(expression, mean, chosen) {
  const id = uniqueId("pick");
  const box = h("input", { type: "checkbox", id, value: expression, checked: chosen.expressions.includes(expression), on: { change: () => chosen.toggle(expression) } });
  return h("li", null, h("label", { class: "check", for: id }, box, h("span", { class: "grow" }, label(expression)),
    mean === undefined ? null : h("span", { class: "small muted num", title: "Mean of this file" }, mean.toFixed(2))));
}

/** Return the highest mean that any model of a file gives to each label. */
function meansOf(file, head) {
  const found = new Map();
  for (const table of file.tables.values()) {
    const labels = table.heads.get(head)?.labels;
    if (!labels || !table.count) continue;
    const { mean } = means(table, head);
    labels.forEach((one, j) => found.set(one, Math.max(found.get(one) ?? 0, mean[j])));
  }
  return found;
}

function slider(name, { max, step, said, change }) {
  const id = uniqueId("slider");
  const output = h("output", { class: "num small", for: id });
  const tell = () => {
    replace(output, said(Number(input.value)));
    input.setAttribute("aria-valuetext", said(Number(input.value)));
  };
  const input = h("input", { type: "range", id, min: 0, max, step, value: 0, on: { input: () => { tell(); change(Number(input.value)); } } });
  tell();
  const set = (value) => {
    if (Number(input.value) === value) return;
    input.value = String(value);
    tell();
  };
  return { element: h("div", { class: "slider" }, h("label", { for: id, class: "small" }, name), input, output), set };
}

/** Write a label as people read it. */
function label(expression) {
  return expression.replaceAll("_", " ");
}
