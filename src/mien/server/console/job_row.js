/**
 * Draws one job as a row of a table, and keeps it up to date.
 *
 * @module job_row
 */

import { h, replace } from "./dom.js";
import { actionButtons } from "./job_actions.js";
import { Scale } from "./job_progress.js";
import { isOldNews } from "./job_states.js";
import { MODEL_NAMES, STATUS_NAMES, ago, count, counted, jobTitle, modelsOf, moment, remaining } from "./words.js";

/** Shows a job in a table of jobs. */
export class JobRow {
  /**
   * @param {object} job with tags
   * @param {{onCancel: Function, onDelete: Function, onTag?: (tag: string) => void, mayWrite: boolean}} acts each called with the job
   */
  constructor(job, acts) {
    this.acts = acts;
    this.progress = null;
    this.statusCell = h("td", { class: "status-cell" });
    this.figures = h("td", { class: "end num wide-only" });
    this.created = h("time", null);
    this.tags = h("span", { class: "chips" });
    this.actions = h("td", { class: "end actions wide-only" });
    this.second = h("span", { class: "num" });
    const link = h("a", { class: "row-link", href: `#/jobs/${job.job_id}` }, jobTitle(job.request));
    this.element = h(
      "tr",
      { dataset: { job: job.job_id } },
      h(
        "th",
        { scope: "row" },
        link,
        h(
          "p",
          { class: "small muted row-about" },
          aboutModels(job.request),
          h("span", { class: "narrow-only" }, " · ", this.second),
        ),
        this.tags,
      ),
      this.statusCell,
      this.figures,
      h("td", { class: "wide-only nowrap" }, this.created),
      this.actions,
    );
    this.update(job);
  }

  /** Shows the job as it is now; older news of one that has ended are passed over. */
  update(job) {
    if (isOldNews(this.job, job)) return;
    const was = this.job?.state.status;
    this.job = job;
    const { state } = job;
    if (state.status !== "IN_PROGRESS") this.progress = null;
    this.tick();
    replace(this.figures, state.status === "COMPLETED" ? figures(state) : null);
    replace(
      this.tags,
      (job.tags ?? []).map((tag) => this.tag(tag)),
    );
    this.drawStatus();
    if (was === state.status) return;
    const { onCancel, onDelete, mayWrite } = this.acts;
    replace(
      this.actions,
      h(
        "div",
        { class: "row-actions" },
        actionButtons(job, {
          small: true,
          mayWrite,
          onCancel: () => onCancel(this.job),
          onDelete: () => onDelete(this.job),
        }),
      ),
    );
  }

  /** Shows how far the job is; takes the event `progress`. */
  measure(progress) {
    this.progress = progress;
    this.drawStatus();
  }

  /** Says anew how long ago the job was made. */
  tick() {
    const { created_timestamp_ms: created } = this.job.state;
    this.created.dateTime = new Date(created).toISOString();
    this.created.title = moment(created);
    replace(this.created, ago(created));
    replace(this.second, ago(created));
  }

  tag(tag) {
    const { onTag } = this.acts;
    return onTag
      ? h(
          "button",
          { type: "button", class: "chip small", title: `Show jobs tagged ${tag}`, on: { click: () => onTag(tag) } },
          h("span", { class: "cut" }, tag),
        )
      : h("span", { class: "chip small" }, tag);
  }

  drawStatus() {
    const { status, message } = this.job.state;
    replace(
      this.statusCell,
      h("span", { class: "status", dataset: { status } }, STATUS_NAMES[status] ?? status),
      status === "IN_PROGRESS" ? this.scale() : null,
      message ? h("p", { class: "small muted two-lines", title: message }, message) : null,
    );
  }

  scale() {
    const { percent = 0, seconds_left: left = null } = this.progress ?? {};
    const scale = new Scale(`Progress of ${jobTitle(this.job.request)}`);
    scale.show(percent);
    return h(
      "div",
      { class: "row-progress" },
      scale.element,
      h(
        "p",
        { class: "small muted num" },
        `${Math.floor(percent)} %`,
        left === null ? null : `, ${remaining(left)} left`,
      ),
    );
  }
}

/** Draws the head that goes with the rows. */
export function jobTable(label) {
  const body = h("tbody");
  const table = h(
    "table",
    { class: "table jobs-table", "aria-label": label },
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        h("th", { scope: "col" }, "Job"),
        h("th", { scope: "col" }, "Status"),
        h("th", { scope: "col", class: "end wide-only" }, "Predictions"),
        h("th", { scope: "col", class: "wide-only" }, "Created"),
        h("th", { scope: "col", class: "wide-only" }, h("span", { class: "visually-hidden" }, "Actions")),
      ),
    ),
    body,
  );
  return { element: h("div", { class: "table-wrap" }, table), body };
}

function figures({ num_predictions: predictions, num_errors: errors }) {
  return [count(predictions), errors ? h("p", { class: "small bad" }, counted(errors, "error")) : null];
}

function aboutModels(request) {
  const models = modelsOf(request);
  return models.length >= Object.keys(MODEL_NAMES).length
    ? "All models"
    : models.map((name) => MODEL_NAMES[name] ?? name).join(", ");
}
