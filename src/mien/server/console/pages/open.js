/** The page on which results that lie in a file are opened and looked at. */

import { downloads } from "../results/downloads.js";
import { readOld } from "../results/old.js";
import { mountOpened } from "../results/view.js";
import { counted } from "../words.js";
import { errorBox } from "../dialogs.js";
import { h, icon, replace } from "../dom.js";

/**
 * Show the page.
 * @param {object} context of the console
 * @returns {Promise<{title: string, element: HTMLElement, destroy: () => void}>}
 */
export async function page({ toast, store }) {
  const place = h("div", { class: "stack loose" });
  const element = h("div", { class: "page open-page" }, place);
  let shown = null;
  let turn = 0;
  const start = (error = null) => {
    turn += 1;
    shown?.destroy();
    shown = null;
    replace(place, invitation({ take, error }));
  };
  const take = async (files) => {
    const mine = ++turn;
    const file = files.find(({ name }) => /\.(json|zip)$/i.test(name)) ?? files[0];
    replace(place, heading(), h("div", { class: "notice", role: "status" }, icon("clock"), h("p", null, `${file.name} is being read…`)));
    try {
      const results = await readOld(file, file.name);
      if (mine !== turn) return;
      shown = present(place, { results, file, given: files.filter((one) => one !== file), store, toast, start });
    } catch (error) {
      if (mine === turn) start(error);
    }
  };
  start();
  return { title: "Open results", element, destroy: () => { turn += 1; shown?.destroy(); } };
}

function heading() {
  return h("header", { class: "page-head" }, h("div", { class: "stack tight" }, h("h1", null, "Open results"),
    h("p", { class: "lead" }, "Look at results you kept: those of this server, and those the former hosted service gave you.")));
}

function invitation({ take, error }) {
  const input = h("input", { type: "file", multiple: true, class: "visually-hidden", id: "open-input", tabIndex: -1, "aria-hidden": "true",
    on: { change: () => input.files.length && take([...input.files]) } });
  const button = h("button", { type: "button", class: "button primary", on: { click: () => input.click() } }, icon("open"), "Choose a file");
  const zone = h("div", { class: "open-zone", id: "open-zone", on: dropping(() => zone, take) }, icon("archive"), h("p", { class: "open-zone-title" }, "Drop a file here"),
    button, input, h("p", { class: "small muted" }, "It is read in this browser and goes nowhere."));
  return [heading(), error ? errorBox(error) : null, zone, kinds()];
}

function dropping(zone, take) {
  const over = (on) => (event) => {
    event.preventDefault();
    zone().classList.toggle("is-over", on);
  };
  return {
    dragenter: over(true), dragover: over(true), dragleave: over(false),
    drop: (event) => {
      over(false)(event);
      const files = [...event.dataTransfer.files];
      if (files.length) take(files);
    },
  };
}

function kinds() {
  const told = [
    ["Predictions", "predictions.json", "The answer of the predictions endpoint, as a client saved it; also what was posted to a callback address."],
    ["Artifacts", "artifacts.zip", "The zip with a CSV table for each file and model. The tables are read; face pictures stay where they are."],
  ];
  return h("dl", { class: "open-kinds" }, told.map(([name, file, says]) => h("div", null, h("dt", null, name, h("code", null, file)), h("dd", { class: "muted" }, says))),
    h("div", null, h("dt", null, "Photos and recordings"), h("dd", { class: "muted" }, "Results do not contain them. Choose or drop them together with the results, or give each one later; they stay in this browser.")));
}

function present(place, { results, file, given, store, toast, start }) {
  const container = h("div");
  const told = h("p", { class: "muted", role: "status" });
  const tell = () => {
    told.textContent = results.done ? `${counted(results.files.length, "file")}, ${counted(results.predictions, "prediction")}` : `${counted(results.predictions, "prediction")} read so far…`;
  };
  results.addEventListener("grow", tell);
  results.addEventListener("done", tell);
  tell();
  const source = { title: file.name, name: file.name, bytes: file, results, toast };
  replace(place, h("header", { class: "page-head" }, h("div", { class: "stack tight grow" }, h("h1", { class: "break", tabIndex: -1 }, file.name), told),
    h("div", { class: "row" }, h("button", { type: "button", class: "button", on: { click: () => start() } }, icon("open"), "Open another"),
      downloads(source))), container);
  place.querySelector("h1").focus({ preventScroll: true });
  const shown = mountOpened(container, { results, store, toast, given });
  source.chosen = shown.chosen;
  return shown;
}
