/**
 * Shows how far a job and each of its sources are.
 *
 * @module job_progress
 */

import { h, icon, replace } from "./dom.js";
import { STATUS_NAMES, count, counted, remaining } from "./words.js";

const KINDS = { url: "link", file: "file", text: "text" };
/** A screen reader hears of progress every so many percent. */
const SAID_EVERY = 10;

/** Draws how much of something is done, for eyes and screen readers. */
export class Scale {
  /** @param {string} label @param {"large"|null} [size] */
  constructor(label, size = null) {
    this.share = h("i");
    this.element = h(
      "div",
      {
        class: ["progress", size],
        role: "progressbar",
        "aria-label": label,
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        "aria-valuenow": 0,
      },
      this.share,
    );
  }

  /** @param {number} percent 0…100 */
  show(percent) {
    this.share.style.setProperty("--share", percent / 100);
    this.element.setAttribute("aria-valuenow", percent);
  }
}

/** Draws the scale of a job and a table of its sources; `show` takes what the event `progress` carries. */
export class JobProgress {
  constructor() {
    this.scale = new Scale("Progress of the job", "large");
    this.percent = h("p", { class: "progress-figure num" }, "0 %");
    this.left = h("p", { class: "muted small" });
    this.said = h("p", { class: "visually-hidden", role: "status" });
    this.heard = -SAID_EVERY;
    this.body = h("tbody");
    this.rows = [];
    this.element = h(
      "div",
      { class: "panel" },
      h(
        "div",
        { class: "panel-body stack tight" },
        h("div", { class: "row between" }, this.percent, this.left),
        this.scale.element,
        this.said,
      ),
      sourceTable(this.body),
    );
  }

  /** @param {{percent: number, seconds_left: number|null, status: string, sources: object[]}} progress */
  show({ percent, seconds_left: left, status, sources }) {
    this.scale.show(percent);
    replace(this.percent, `${percent < 100 ? Math.floor(percent) : 100} %`);
    replace(
      this.left,
      status === "QUEUED" ? "Waits for a worker" : left === null ? null : `About ${remaining(left)} left`,
    );
    if (percent >= this.heard + SAID_EVERY) {
      this.heard = percent;
      replace(this.said, `${Math.floor(percent)} percent done`);
    }
    sources.forEach((source, i) => {
      this.rows[i] ??= this.newRow(source);
      this.rows[i].draw(source);
    });
  }

  newRow(source) {
    const row = sourceRow(source);
    this.body.append(row.element);
    return row;
  }
}

function sourceTable(body) {
  const names = ["Source", "Status"].map((name) => h("th", { scope: "col" }, name));
  const figures = ["Files", "Predictions"].map((name) => h("th", { scope: "col", class: "end wide-only" }, name));
  const errors = h("th", { scope: "col", class: "end" }, "Errors");
  return h(
    "div",
    { class: "table-wrap" },
    h(
      "table",
      { class: "table", "aria-label": "Sources" },
      h("thead", null, h("tr", null, names, figures, errors)),
      body,
    ),
  );
}

function sourceRow({ type, name }) {
  const status = h("td", { class: "status-cell" });
  const files = h("td", { class: "end num wide-only" });
  const predictions = h("td", { class: "end num wide-only" });
  const errors = h("td", { class: "end num" });
  const current = h("p", { class: "small muted cut" });
  const words = h(
    "span",
    { class: "source-name" },
    icon(KINDS[type] ?? "file"),
    h("span", { class: "break" }, name || (type === "text" ? "Texts" : type)),
  );
  const scale = new Scale(`Progress of ${name}`);
  const draw = (source) => {
    const active = source.status === "IN_PROGRESS";
    scale.show(source.percent);
    replace(
      status,
      h("span", { class: "status", dataset: { status: source.status } }, STATUS_NAMES[source.status] ?? source.status),
      active ? scale.element : null,
    );
    replace(files, source.files ? `${count(source.files_done)} of ${counted(source.files, "file")}` : null);
    replace(predictions, source.num_predictions ? count(source.num_predictions) : null);
    replace(errors, source.num_errors ? h("span", { class: "bad" }, count(source.num_errors)) : null);
    // A file that is a source itself needs not be named twice.
    replace(current, active ? source.current.filter((file) => file !== name).join(", ") : null);
  };
  return {
    element: h("tr", null, h("th", { scope: "row" }, words, current), status, files, predictions, errors),
    draw,
  };
}
