/**
 * Shows what a job gave: its files, and for one of them at a time the picture or player, timelines, words and tables.
 * Grows while the answer is still coming in.
 */
import { errorBox, loading } from "../dialogs.js";
import { h, icon, replace } from "../dom.js";
import { loadPlotly } from "./charts.js";
import { arrangeColours, onTheme } from "./colours.js";
import { Chosen } from "./controls.js";
import { FileList } from "./file_list.js";
import { FileView } from "./file_view.js";
import { Footage } from "./media.js";
import { Tabs } from "./tabs.js";
import { readResults } from "./reader.js";

/**
 * Shows the results of a completed job.
 * @param {HTMLElement} container
 * @param {{api: object, jobId: string, store: import("./media_store.js").MediaStore, toast: Function}} context
 * @returns {{destroy: () => void, results: Promise<import("./model.js").Results>}}
 */
export function mountResults(container, { api, jobId, store, toast }) {
  const stop = new AbortController();
  let shown = null;
  const start = async () => {
    replace(container, loading(6));
    try {
      const response = await api.raw(`/v0/batch/jobs/${jobId}/predictions`, { signal: stop.signal });
      const results = readResults(response, { signal: stop.signal });
      shown = new ResultsView(container, { results, store, toast, api, jobId });
      return results;
    } catch (error) {
      if (!stop.signal.aborted) replace(container, errorBox(error, start));
      throw error;
    }
  };
  const results = start();
  results.catch(() => {});
  const destroy = () => {
    stop.abort();
    shown?.destroy();
  };
  return { destroy, results, get chosen() { return shown?.chosen ?? null; } };
}

/**
 * Shows results that were opened from a file.
 * @param {HTMLElement} container
 * @param {{results: import("./model.js").Results, store: import("./media_store.js").MediaStore, toast: Function, given?: File[]}} context
 * @returns {{destroy: () => void}}
 */
export function mountOpened(container, { results, store, toast, given = [] }) {
  const shown = new ResultsView(container, { results, store, toast, api: null, jobId: null, given });
  return { destroy: () => shown.destroy(), chosen: shown.chosen };
}

/** Holds together the list of files, the tabs and the file that is shown. */
class ResultsView {
  constructor(container, { results, store, toast, api, jobId, given = [] }) {
    this.results = results;
    this.footage = new Footage(results, { store, jobId, api, toast });
    this.footage.offer(given);
    this.chosen = new Chosen();
    this.context = { results, chosen: this.chosen, toast, api, jobId, footage: this.footage };
    this.file = null;
    this.shown = null;
    this.compare = null;
    this.pending = false;
    this.took = 0;
    this._build(container);
    this._listen();
    this.refresh();
  }

  _build(container) {
    this.state = h("p", { class: "small muted", role: "status" });
    this.trouble = h("div", { class: "stack tight" });
    this.list = new FileList(this.results, (file) => this.show(file));
    this.place = h("div", { class: "stack" });
    this.other = h("div", { class: "stack" });
    this.tabs = new Tabs("Results", [
      { name: "Files", element: h("div", { class: "results-layout" }, this.list.element, this.place) },
      { name: "Compare", element: this.other, open: () => this._openCompare() },
    ]);
    this.element = h("section", { class: "results stack", "aria-label": "Results" }, this.trouble, this.tabs.element, this.state);
    replace(container, this.element);
  }

  _listen() {
    this.onGrow = () => this.soon();
    this.onChange = () => {
      arrangeColours(this.chosen.expressions);
      this.soon();
    };
    this.results.addEventListener("grow", this.onGrow);
    this.results.addEventListener("done", this.onGrow);
    this.chosen.addEventListener("change", this.onChange);
    this.offTheme = onTheme(() => this.soon());
  }

  /** Refreshes with the next frame; several wishes are one. */
  soon() {
    if (this.pending) return;
    this.pending = true;
    const act = () => requestAnimationFrame(() => {
      this.pending = false;
      const begun = performance.now();
      if (this.element.isConnected) this.refresh();
      this.took = performance.now() - begun;
    });
    // While much comes in, drawing takes a third of the time and leaves the rest to whoever scrolls.
    const wait = this.results.done ? 0 : 2 * this.took;
    if (wait > 16) setTimeout(act, wait);
    else act();
  }

  refresh() {
    this._tellState();
    this.list.refresh();
    if (!this.file) this._first();
    if (this.file) this.chosen.suit(this.file);
    arrangeColours(this.chosen.expressions);
    if (this.tabs.current === 1) this.compare?.refresh();
    else this.shown?.refresh();
  }

  _first() {
    const file = this.results.files.find(({ type, errors }) => type && !errors.length) ?? (this.results.done && this.results.files[0]);
    if (file) this.show(file);
    else if (this.results.done && !this.place.firstChild) replace(this.place, nothing(this.results));
  }

  /** Shows another file. */
  show(file) {
    if (file === this.file) return;
    this.shown?.destroy();
    this.file = file;
    this.list.mark(file);
    this.chosen.suit(file);
    arrangeColours(this.chosen.expressions);
    // The charts' script is large; what waits for nothing else is asked for first.
    if (file.type !== "image" && file.type !== "text") loadPlotly().catch(() => {});
    this.shown = new FileView(file, this.context);
    replace(this.place, this.shown.element);
    this.shown.refresh();
  }

  async _openCompare() {
    if (!this.compare) {
      const { compareView } = await import("./compare.js");
      this.compare = compareView(this.results, { ...(this.shown?.view ?? this.context), file: this.file });
      replace(this.other, this.compare.element);
    }
    this.compare.refresh();
  }

  _tellState() {
    const { results } = this;
    const files = results.files.length;
    const words = `${files} ${files === 1 ? "file" : "files"}, ${results.predictions.toLocaleString("en")} predictions`;
    const text = results.done ? words : `Reading: ${words} so far`;
    if (this.state.textContent !== text && (results.done || performance.now() - (this.told ?? -Infinity) > 1000)) {
      this.state.textContent = text;
      this.told = performance.now();
    }
    const failed = results.sources.filter((source) => source?.error);
    if (failed.length + Number(Boolean(results.error)) === this.trouble.childElementCount) return;
    replace(this.trouble, results.error ? errorBox(results.error) : null, failed.map((source) => failedSource(source)));
  }

  destroy() {
    this.results.removeEventListener("grow", this.onGrow);
    this.results.removeEventListener("done", this.onGrow);
    this.chosen.removeEventListener("change", this.onChange);
    this.offTheme();
    this.shown?.destroy();
    this.compare?.destroy();
    this.list.destroy();
  }
}

function failedSource(source) {
  return h("div", { class: "notice", dataset: { kind: "bad" } }, icon("alert"),
    h("p", { class: "grow break" }, source.name ? h("strong", null, `${source.name} `) : null, source.error));
}

function nothing(results) {
  const failed = results.sources.some((source) => source?.error);
  return h("div", { class: "empty" }, icon("search"), h("h3", null, "Nothing was measured"),
    h("p", null, failed ? "No source could be used; the reasons stand above." : "The job has no files."));
}
