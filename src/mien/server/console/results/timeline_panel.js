/** Draws one model's chosen expressions over time as a Plotly chart with a heading and a choice of people. */
import { h, replace } from "../dom.js";
import { CONFIG, fromAxis, onAxis, themeAxis, themeLayout } from "./charts.js";
import { expressionColour, resolved } from "./colours.js";
import { clock, groupName, modelName, score } from "./naming.js";
import { minMax, seriesOf } from "./series.js";

/** The space around the plot, the same for all, so that times stand under one another. */
export const MARGIN = { l: 40, r: 12 };
const TALL = 132;
const AXIS = 26;
/** How tall a line of the legend is, and how wide a name in it, in pixels. */
const LEGEND = 19;
const NAME = [48, 7];
/** Below this width Plotly's own legend takes more room than the lines. */
const NARROW = 560;
const MOST_POINTS = 1500;
const LEAST_TOP = 0.2;
const FEW_GROUPS = 6;
const ALL = "";

/** Holds the chart of one table. */
export class TimelinePanel {
  /**
   * @param {import("./model.js").Table} table
   * @param {import("./controls.js").Chosen} chosen
   * @param {{range: (from: number, to: number) => void, whole: () => void, redraw: () => void}} tell what to do when
   *   somebody zooms in, out, or picks a person
   */
  constructor(table, chosen, tell) {
    Object.assign(this, { table, chosen, tell, group: null, known: "", lines: new Map(), drawn: false, busy: false, wanted: null });
    this.choice = h("div", { class: "row close" });
    this.chart = h("div", { class: "timeline-chart", dataset: { chart: modelName(table.model) }, "aria-hidden": "true" });
    this.legend = h("ul", { class: "timeline-legend", "aria-hidden": "true" });
    this.words = h("p", { class: "visually-hidden" });
    this.element = h("section", { class: "timeline-panel", "aria-label": modelName(table.model) },
      h("div", { class: "row between timeline-head" }, h("h4", null, modelName(table.model)), this.choice), this.legend, this.chart, this.words);
  }

  /** The rows that are drawn: of one person, or of all together. */
  get rows() {
    return this.table.rowsOf(this.group === ALL ? null : this.group);
  }

  /**
   * Draws, thinned to what is visible.
   * @param {object} Plotly
   * @param {{from: number, to: number, wide: number, first: boolean, last: boolean}} how `first` has the legend, `last` the axis of time
   */
  async draw(Plotly, how) {
    this.wanted = how;
    if (this.busy) return;
    // One drawing at a time: of two that overlap Plotly puts the lines of one into the margins of the other.
    this.busy = true;
    try {
      while (this.wanted) {
        const next = this.wanted;
        this.wanted = null;
        await this._drawOnce(Plotly, next);
      }
    } finally {
      this.busy = false;
    }
  }

  async _drawOnce(Plotly, how) {
    this._chooseGroup();
    const labels = this.chosen.expressions.filter((label) => this.table.heads.get(this.chosen.head)?.labels.includes(label));
    this.element.hidden = !labels.length;
    if (!labels.length) return;
    const lines = labels.map((label) => [label, this._line(label)]);
    const top = Math.max(LEAST_TOP, ...lines.map(([, { highest }]) => highest)) * 1.08;
    const traces = lines.map(([label, line]) => this._trace(label, line, how));
    const layout = this._layout({ ...how, legend: how.first && how.wide >= NARROW ? legendRows(labels, how.wide) : 0 }, top);
    this._drawLegend(how.first && how.wide < NARROW ? labels : []);
    this.words.textContent = this._inWords(lines);
    if (!this.chart.isConnected) return;
    this.drawing = (this.drawn ? Plotly.react : Plotly.newPlot).call(Plotly, this.chart, traces, layout, CONFIG);
    await this.drawing;
    if (this.drawn) return;
    this.drawn = true;
    this.chart.on("plotly_relayout", (change) => this._relaid(change));
    this.chart.on("plotly_doubleclick", () => this.tell.whole());
  }

  _drawLegend(labels) {
    replace(this.legend, labels.map((label) => {
      const dot = h("i", { class: "dot" });
      dot.style.background = expressionColour(label);
      return h("li", null, dot, label);
    }));
  }

  _relaid(change) {
    const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    if (from !== undefined && to !== undefined) this.tell.range(fromAxis(from), fromAxis(to));
  }

  /** Gives a whole line, kept until the table grows or something else is chosen. */
  _line(label) {
    const { head, smoothing, threshold } = this.chosen;
    const key = JSON.stringify([this.group, this.table.count, head, smoothing, threshold]);
    if (key !== this.known) this.lines.clear();
    this.known = key;
    if (!this.lines.has(label)) this.lines.set(label, this._newLine(head, label, { rows: this.rows, smoothing, threshold }));
    return this.lines.get(label);
  }

  _newLine(head, label, options) {
    const { times, values } = seriesOf(this.table, head, label, options);
    let peak = 0;
    let sum = 0;
    let number = 0;
    for (let k = 0; k < values.length; k++) {
      if (values[k] !== values[k]) continue;
      if (!(values[k] <= values[peak])) peak = k;
      sum += values[k];
      number++;
    }
    return { times, values, highest: number ? values[peak] : 0, at: times[peak], mean: sum / number };
  }

  _trace(label, { times, values }, { from, to }) {
    const { x, y } = minMax(times, values, { from, to, most: MOST_POINTS });
    const colour = resolved(expressionColour(label));
    // What is short or alone would not be seen as a line.
    const dots = this.table.model === "burst" || this.rows.length < 3;
    return {
      type: "scatter", name: label, x: x.map(onAxis), y, mode: dots ? "lines+markers" : "lines", connectgaps: false,
      line: { color: colour, width: 1.75 }, marker: { color: colour, size: 5 }, hovertemplate: "%{y:.2f}",
    };
  }

  _layout({ from, to, last, wide, legend }, top) {
    const long = to >= 3600 || this.long;
    return {
      ...themeLayout(),
      width: wide, height: TALL + legend * LEGEND + (last ? AXIS : 8), margin: { ...MARGIN, t: 6 + legend * LEGEND, b: last ? AXIS : 8 },
      showlegend: legend > 0, legend: { orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom", itemclick: false, itemdoubleclick: false, font: { size: 12 } }, hovermode: "x unified", dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      xaxis: { ...themeAxis(), type: "date", range: [onAxis(from), onAxis(to)], showticklabels: last, ticks: last ? "outside" : "", ticklen: 4, nticks: Math.max(3, Math.floor(wide / 110)),
        tickformat: to - from < 6 ? "%-M:%S.%1f" : long ? "%-H:%M:%S" : "%-M:%S", hoverformat: long ? "%-H:%M:%S.%1f" : "%-M:%S.%1f" },
      yaxis: { ...themeAxis(), range: [0, top], fixedrange: true, nticks: 4, tickformat: ".1~f" },
    };
  }

  /** Offers the people or speakers; at first everybody together where they overlap little, else whoever is there longest. */
  _chooseGroup() {
    const { groups } = this.table;
    if (this.offered === groups.length) return;
    this.offered = groups.length;
    this.group ??= ALL;
    replace(this.choice, groups.length < 2 ? null : groups.length <= FEW_GROUPS ? this._chips() : this._select());
  }

  _options() {
    const { table } = this;
    const everybody = [ALL, table.model === "face" ? "Everyone, averaged" : "Everyone"];
    return [everybody, ...table.groups.map((id) => [id, groupName(id)]).sort((a, b) => a[1].localeCompare(b[1], "en", { numeric: true }))];
  }

  _chips() {
    const chips = this._options().map(([id, name]) => h("button", { type: "button", class: "chip small", "aria-pressed": String(id === this.group), on: { click: () => {
      this._pick(id);
      chips.forEach((chip, i) => chip.setAttribute("aria-pressed", String(this._options()[i][0] === id)));
    } } }, name));
    return h("div", { class: "chips", role: "group", "aria-label": "Whose" }, chips);
  }

  _select() {
    const options = this._options().map(([id, name]) => h("option", { value: id, selected: id === this.group }, name));
    return h("select", { class: "small timeline-who", "aria-label": "Whose", on: { change: (event) => this._pick(event.target.value) } }, options);
  }

  _pick(id) {
    this.group = id;
    this.tell.redraw();
  }

  _inWords(lines) {
    const parts = lines.map(([label, { highest, at, mean }]) => `${label}: ${score(mean)} on average, highest ${score(highest)} at ${clock(at)}`);
    return `${modelName(this.table.model)} over time. ${parts.join("; ")}.`;
  }

  destroy() {
    if (this.drawn) window.Plotly?.purge(this.chart);
  }
}

/** Counts the lines a legend takes, so that the plot below keeps its height. */
function legendRows(labels, wide) {
  let rows = 1;
  let used = 0;
  for (const label of labels) {
    const needed = NAME[0] + NAME[1] * label.length;
    if (used && used + needed > wide - MARGIN.l - MARGIN.r) {
      rows++;
      used = 0;
    }
    used += needed;
  }
  return rows;
}
