/** Ways out of the console: predictions as JSON, tables as CSV or Parquet, charts as pictures, and a report to pass on. */

import { h, icon, replace } from "../dom.js";
import { bytes as sized } from "../words.js";
import { pictureOfCharts } from "./chart_pictures.js";
import { readResults } from "./reader.js";
import { makeReport } from "./report.js";
import { zipOfTables } from "./table_files.js";

/**
 * What there is to take out: a job of this server (`api` and `jobId`), or a file that was opened (`bytes`).
 * @typedef {object} Source
 * @property {string} title what the downloads are called, "visit.mp4"
 * @property {(text: string, kind?: string) => void} toast
 * @property {import("../api.js").Api} [api]
 * @property {string} [jobId]
 * @property {Blob} [bytes] the file that was opened
 * @property {string} [name] its name
 * @property {import("./model.js").Results} [results] where they are read already; else the report fetches them
 * @property {import("./controls.js").Chosen} [chosen]
 */

/**
 * Make a button that opens the list of downloads.
 * @param {Source} source
 * @returns {HTMLElement}
 */
export function downloads(source) {
  const said = h("p", { class: "download-said small muted", role: "status" });
  const list = h("ul", { class: "download-list" });
  const menu = h("details", { class: "download-menu" },
    h("summary", { class: "button" }, icon("download"), "Download"), h("div", { class: "download-panel" }, list, said));
  const ways = source.jobId ? waysOfJob(source) : waysOfFile(source);
  replace(list, ways.map((way) => h("li", null, buttonOf(way, { menu, said, source }))));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  menu.addEventListener("toggle", () => {
    if (menu.open) document.addEventListener("pointerdown", beside);
    else document.removeEventListener("pointerdown", beside);
  });
  const beside = (event) => { if (!menu.contains(event.target)) menu.open = false; };
  return menu;
}

function buttonOf(way, { menu, said, source }) {
  const run = async () => {
    button.disabled = true;
    replace(said, `${way.name}: being fetched…`);
    try {
      const { blob, name } = await way.make((size) => replace(said, `${way.name}: ${sized(size)} so far…`));
      save(blob, name);
      replace(said, `${name}, ${sized(blob.size)}`);
    } catch (error) {
      replace(said);
      source.toast(`${way.name}: ${error.message}`, "bad");
    } finally {
      button.disabled = false;
      if (menu.open && document.activeElement === document.body) button.focus();
    }
  };
  const button = h("button", { type: "button", class: "download-way", dataset: { way: way.id }, on: { click: run } },
    h("strong", null, way.name), h("span", { class: "small muted" }, way.says));
  return button;
}

function waysOfJob(source) {
  const { api, jobId } = source;
  const stem = stemOf(source.title || jobId);
  const fetched = (path, name) => async (tell) => ({ blob: await gather(await api.raw(path), tell), name });
  return [
    { id: "json", name: "JSON", says: "The predictions as the API answers them", make: fetched(`/v0/batch/jobs/${jobId}/predictions`, `${stem}-predictions.json`) },
    { id: "csv", name: "CSV", says: "A zip with a table per file and model, and the face pictures asked for", make: fetched(`/v0/batch/jobs/${jobId}/artifacts`, `${stem}-artifacts.zip`) },
    { id: "parquet", name: "Parquet", says: "A zip with a table per model over all files", make: fetched(`/v0/mien/jobs/${jobId}/tables?format=parquet`, `${stem}-tables.zip`) },
    ...waysOfView(source, stem),
  ];
}

function waysOfFile(source) {
  const stem = stemOf(source.title || source.name);
  const original = async () => ({ blob: source.bytes, name: source.name });
  const tables = async () => ({ blob: await zipOfTables(source.results), name: `${stem}-artifacts.zip` });
  const ways = source.bytes ? [{ id: "json", name: "The file itself", says: "As it was opened", make: original }] : [];
  return [...ways, { id: "csv", name: "CSV", says: "A zip with a table per file and model", make: tables }, ...waysOfView(source, stem)];
}

function waysOfView(source, stem) {
  return [
    { id: "png", name: "PNG", says: "The charts on this page, as they stand", make: async () => ({ blob: await pictureOfCharts(document.body), name: `${stem}-charts.png` }) },
    { id: "report", name: "HTML report", says: "One file with charts that opens anywhere, without a network", make: async () => ({ blob: await makeReport({ ...source, results: await allResults(source) }), name: `${stem}-report.html` }) },
  ];
}

/** Return results that are read to their end. */
async function allResults({ results, api, jobId }) {
  const read = results ?? readResults(await api.raw(`/v0/batch/jobs/${jobId}/predictions`));
  if (!read.done) await new Promise((done) => read.addEventListener("done", done, { once: true }));
  if (read.error) throw read.error;
  return read;
}

/** Collect an answer, telling how much has come, a few times a second. */
async function gather(response, tell) {
  const parts = [];
  let size = 0;
  let told = performance.now();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    if (performance.now() - told < 250) continue;
    told = performance.now();
    tell(size);
  }
  return new Blob(parts, { type: response.headers.get("content-type") ?? "application/octet-stream" });
}

/** Hand a file to the browser to be saved. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = h("a", { href: address, download: name, class: "visually-hidden", tabIndex: -1 });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has begun to read by then, also where it asks for the folder first.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Make the beginning of a file's name out of what a result is called. */
function stemOf(title) {
  const plain = title.replace(/\.[a-z0-9]{2,5}$/i, "").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
  return plain.slice(0, 60) || "mien";
}
