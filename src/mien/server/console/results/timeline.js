/**
 * Shows the chosen expressions of face, voice, bursts and language on one axis of time. The playhead runs over all of
 * them; a click goes there, a drag zooms, and all stay in step.
 */
import { errorBox } from "../dialogs.js";
import { h, icon, replace } from "../dom.js";
import { loadPlotly } from "./charts.js";
import { clock } from "./naming.js";
import { MARGIN, TimelinePanel } from "./timeline_panel.js";

export { loadPlotly } from "./charts.js";

const ORDER = ["face", "prosody", "burst", "language"];
/** Entities stand in the words; facemesh has no times. */
const WITHOUT = new Set(["ner", "facemesh"]);
const GROWING_MILLISECONDS = 400;
const SHORTEST = 0.5;
const ZOOM = 2;
const MOVED = 4;

/**
 * Shows a file over time.
 * @param {import("./model.js").MeasuredFile} file
 * @param {object} view
 */
export function timelineView(file, view) {
  const timeline = new Timeline(file, view);
  return { element: timeline.element, refresh: () => timeline.refresh(), destroy: () => timeline.destroy() };
}

class Timeline {
  constructor(file, view) {
    Object.assign(this, { file, view, panels: new Map(), zoom: null, drawnAt: -Infinity, timer: null, plotly: null });
    this.line = h("div", { class: "timeline-playhead", "aria-hidden": "true" });
    this.stack = h("div", { class: "timeline-stack" });
    this.charts = h("div", { class: "timeline-charts", on: { pointerdown: (event) => this._down(event), click: (event) => this._click(event) } }, this.stack, this.line);
    this.slider = h("input", { type: "range", class: "timeline-slider", min: "0", step: "0.1", "aria-label": "Place in time", on: { input: () => view.playhead.seek(Number(this.slider.value)) } });
    this.now = h("output", { class: "num small" });
    this.whole = this._button("Whole length", "clock", () => this.show(null));
    const tools = h("div", { class: "row close timeline-tools" }, this.now, h("span", { class: "grow" }), this.whole, this._button("Zoom in", "add", () => this._zoomBy(1 / ZOOM)));
    this.trouble = h("div", null);
    this.element = h("div", { class: "timeline panel" }, this.trouble, tools, this.slider, this.charts);
    this.onMove = () => this._place(true);
    view.playhead.addEventListener("move", this.onMove);
    this.watcher = new ResizeObserver(() => this._resized());
    this.watcher.observe(this.element);
    this._load();
  }

  _button(label, drawing, act) {
    return h("button", { type: "button", class: "button quiet small", on: { click: act } }, icon(drawing), label);
  }

  async _load() {
    try {
      this.plotly = await loadPlotly();
      replace(this.trouble);
      this.refresh();
    } catch (error) {
      replace(this.trouble, errorBox(error, () => this._load()));
    }
  }

  /** Draws anew; while results still come in, not more often than the eye follows. */
  refresh() {
    if (!this.plotly || this.timer !== null) return;
    const wait = this.view.results.done ? 0 : Math.max(0, this.drawnAt + GROWING_MILLISECONDS - performance.now());
    if (wait) this.timer = setTimeout(() => this._draw(), wait);
    else this._draw();
  }

  _draw() {
    this.timer = null;
    if (!this.element.isConnected || !this.plotly) return;
    this.drawnAt = performance.now();
    this._addPanels();
    const wide = this.stack.clientWidth;
    if (!wide) return;
    const [from, to] = this.range();
    const shown = [...this.panels.values()].filter(({ table, chosen }) => table.heads.has(chosen.head));
    for (const panel of this.panels.values()) {
      panel.long = this.duration() >= 3600;
      panel.draw(this.plotly, { from, to, wide, first: panel === shown[0], last: panel === shown.at(-1) });
    }
    this.whole.hidden = !this.zoom;
    this.slider.max = String(Math.ceil(this.duration() * 10) / 10);
    this._place();
    this.element.dataset.drawn = String(this.drawnAt);
  }

  _addPanels() {
    const timed = [...this.file.tables.values()].filter((table) => table.timed && !WITHOUT.has(table.model));
    const place = ({ model }) => (ORDER.includes(model) ? ORDER.indexOf(model) : ORDER.length);
    for (const table of timed) {
      if (this.panels.has(table.model)) continue;
      const tell = { range: (from, to) => this.show([from, to]), whole: () => this.show(null), redraw: () => this._draw() };
      this.panels.set(table.model, new TimelinePanel(table, this.view.chosen, tell));
    }
    const ordered = [...this.panels.values()].sort((a, b) => place(a.table) - place(b.table));
    if (ordered.some((panel, i) => this.stack.children[i] !== panel.element)) replace(this.stack, ordered.map(({ element }) => element));
    this.panels = new Map(ordered.map((panel) => [panel.table.model, panel]));
  }

  /** How long the file is as far as is known: by its player, else by what was found last. */
  duration() {
    let last = this.view.playhead.duration ?? 0;
    for (const { table } of this.panels.values()) last = Math.max(last, lastEnd(table));
    return Math.max(last, SHORTEST);
  }

  /** The stretch of time in sight. */
  range() {
    return this.zoom ?? [0, this.duration()];
  }

  /** Shows a stretch of time, or with null all of it. */
  show(range) {
    const all = this.duration();
    if (range && range[1] - range[0] < SHORTEST) range = [(range[0] + range[1] - SHORTEST) / 2, (range[0] + range[1] + SHORTEST) / 2];
    this.zoom = range && range[1] - range[0] < all * 0.99 ? [Math.max(0, range[0]), Math.min(all, range[1])] : null;
    this._draw();
  }

  _zoomBy(factor) {
    const [from, to] = this.range();
    const half = ((to - from) * factor) / 2;
    const { seconds } = this.view.playhead;
    const middle = seconds >= from && seconds <= to ? seconds : (from + to) / 2;
    const begin = Math.min(Math.max(0, middle - half), this.duration() - 2 * half);
    this.show([begin, begin + 2 * half]);
  }

  _down(event) {
    this.pressed = [event.clientX, event.clientY];
  }

  _click(event) {
    if (!event.target.closest(".timeline-chart") || !this.pressed) return;
    if (Math.hypot(event.clientX - this.pressed[0], event.clientY - this.pressed[1]) > MOVED) return;
    const { left, width } = this.stack.getBoundingClientRect();
    const [from, to] = this.range();
    const share = (event.clientX - left - MARGIN.l) / (width - MARGIN.l - MARGIN.r);
    if (share >= 0 && share <= 1) this.view.playhead.seek(from + share * (to - from));
  }

  /** Puts the playhead where it is; when it runs out of what is in sight, what is in sight follows if that is wanted. */
  _place(follow = false) {
    const { seconds } = this.view.playhead;
    const [from, to] = this.range();
    if (follow && this.zoom && this.plotly && (seconds > to || seconds < from)) {
      const begin = Math.max(0, seconds - (to - from) * 0.05);
      this.show([begin, begin + to - from]);
      return;
    }
    const share = (seconds - from) / (to - from);
    const room = this.stack.clientWidth - MARGIN.l - MARGIN.r;
    this.line.hidden = share < 0 || share > 1;
    this.line.style.transform = `translateX(${MARGIN.l + share * room}px)`;
    if (document.activeElement !== this.slider) this.slider.value = String(seconds);
    this.slider.setAttribute("aria-valuetext", clock(seconds, true));
    this.now.textContent = `${clock(seconds, true)} of ${clock(this.duration())}`;
  }

  _resized() {
    const wide = this.stack.clientWidth;
    if (wide === this.wide) return;
    this.wide = wide;
    this.refresh();
  }

  destroy() {
    clearTimeout(this.timer);
    this.watcher.disconnect();
    this.view.playhead.removeEventListener("move", this.onMove);
    for (const panel of this.panels.values()) panel.destroy();
  }
}

const ends = new WeakMap();

/** The end of what ends last in a table; counts on where it stopped. */
function lastEnd(table) {
  const known = ends.get(table) ?? { count: 0, last: 0 };
  for (; known.count < table.count; known.count++) if (table.end[known.count] > known.last) known.last = table.end[known.count];
  ends.set(table, known);
  return known.last;
}
