/** Draws one expression of two people or files over time, one line over the other, each from its own beginning. */

import { errorBox } from "../dialogs.js";
import { h, replace } from "../dom.js";
import { CONFIG, loadPlotly, onAxis, themeAxis, themeLayout } from "./charts.js";
import { resolved } from "./colours.js";
import { minMax, seriesOf } from "./series.js";

const TALL = 240;
const MOST_POINTS = 1500;
const HOUR = 3600;

/** One line: rows of a table in order of time, and what it is called. @typedef {{table: object, rows: Int32Array, name: string, colour: string}} Line */

/** Holds the chart. */
export class CompareTimeline {
  /** @param {import("./controls.js").Chosen} chosen its smoothing and threshold count here too */
  constructor(chosen) {
    this.chosen = chosen;
    this.title = h("h3");
    this.chart = h("div", { class: "compare-chart", "aria-hidden": "true" });
    this.words = h("p", { class: "visually-hidden" });
    this.element = h("section", { class: "panel", hidden: true }, h("div", { class: "panel-head" }, this.title, h("p", { class: "small muted" }, "Each line starts at the beginning of its file.")),
      h("div", { class: "panel-body" }, this.chart, this.words));
    this.watcher = new ResizeObserver(() => this.chart.clientWidth !== this.wide && this._draw());
    this.watcher.observe(this.chart);
  }

  /**
   * Draw other lines.
   * @param {Line[]|null} lines null where there is no time
   * @param {string} head
   * @param {string} label
   */
  async show(lines, head, label) {
    this.element.hidden = !lines;
    if (!lines) return;
    const { smoothing, threshold } = this.chosen;
    this.title.textContent = `${label.replaceAll("_", " ")} over time`;
    this.chart.dataset.chart = this.title.textContent;
    this.lines = lines.map((line) => ({ ...line, ...seriesOf(line.table, head, label, { rows: line.rows, smoothing, threshold }) }));
    this.words.textContent = this.lines.map(({ name, values }) => `${name}: at most ${peak(values).toFixed(2)}.`).join(" ");
    await this._draw();
  }

  async _draw() {
    if (!this.lines) return;
    try {
      const Plotly = await loadPlotly();
      this.wide = this.chart.clientWidth;
      if (!this.chart.isConnected || !this.wide) return;
      await Plotly.react(this.chart, this.lines.map(trace), layoutOf(this.wide, this._last()), CONFIG);
    } catch (error) {
      replace(this.chart, errorBox(error, () => { replace(this.chart); this._draw(); }));
    }
  }

  _last() {
    return Math.max(...this.lines.map(({ times }) => (times.length ? times[times.length - 1] : 0)));
  }

  /** Let the chart go. */
  destroy() {
    this.watcher.disconnect();
    window.Plotly?.purge(this.chart);
  }
}

function trace({ times, values, name, colour, rows }) {
  const { x, y } = minMax(times, values, { most: MOST_POINTS });
  const line = { color: resolved(colour), width: 1.75 };
  return { type: "scatter", name, x: x.map(onAxis), y, mode: rows.length < 3 ? "lines+markers" : "lines", line, marker: line, connectgaps: false, hovertemplate: "%{y:.2f}" };
}

function layoutOf(wide, last) {
  return {
    ...themeLayout(), width: wide, height: TALL, margin: { l: 40, r: 12, t: 8, b: 44 }, hovermode: "x unified", dragmode: false,
    showlegend: true, legend: { orientation: "h", y: -0.14, x: 0, yanchor: "top" },
    xaxis: { ...themeAxis(), type: "date", tickformat: last >= HOUR ? "%-H:%M:%S" : "%-M:%S", hoverformat: last >= HOUR ? "%-H:%M:%S" : "%-M:%S", nticks: Math.max(3, Math.floor(wide / 110)), fixedrange: true },
    yaxis: { ...themeAxis(), rangemode: "tozero", nticks: 5, fixedrange: true },
  };
}

function peak(values) {
  let highest = 0;
  for (const value of values) if (value > highest) highest = value;
  return highest;
}
