/**
 * Shows one job: how far it is, and what it gave.
 *
 * @module pages/job
 */

import { errorBox } from "../dialogs.js";
import { h, icon, replace } from "../dom.js";
import { actionButtons, cancelJob, deleteJob } from "../job_actions.js";
import { deliveryDetails, jobFacts, requestDetails } from "../job_details.js";
import { JobProgress } from "../job_progress.js";
import { isActive, isOldNews } from "../job_states.js";
import { prepareCharts } from "../results/charts.js";
import { downloads } from "../results/downloads.js";
import { mountResults } from "../results/view.js";
import { tagField } from "../tag_field.js";
import { STATUS_NAMES, jobTitle } from "../words.js";

/** Makes the page of the job `params.id`. */
export async function page(context, { id }) {
  const job = await context.api.get(`/v0/mien/jobs/${id}`);
  // While the job is still on its way, or its results are.
  prepareCharts(job.request);
  const view = new JobPage(context, job);
  return { title: jobTitle(job.request), element: view.element, destroy: () => view.destroy() };
}

/** Follows a job to its end, then shows its results. */
class JobPage {
  constructor(context, job) {
    this.context = context;
    this.job = job;
    this.stop = new AbortController();
    this.mayWrite = context.me.open || context.me.scopes.includes("write");
    this.status = h("div", { class: "row close" });
    this.actions = h("div", { class: "row close" });
    this.line = h("p", { class: "small muted", role: "status" });
    this.said = h("p", { class: "visually-hidden", role: "status" });
    this.body = h("div", { class: "stack loose" });
    this.facts = h("div", null);
    this.element = h(
      "div",
      { class: "page stack" },
      h("p", { class: "small" }, h("a", { class: "back-link", href: "#/jobs" }, icon("back"), "Jobs")),
      h(
        "header",
        { class: "page-head job-head" },
        h("div", { class: "stack tight grow" }, h("h1", { class: "break" }, jobTitle(job.request)), this.status),
        this.actions,
      ),
      this.body,
      h(
        "div",
        { class: "job-foot" },
        h("section", { class: "panel", "aria-label": "Facts" }, h("div", { class: "panel-body" }, this.facts)),
        h(
          "div",
          { class: "stack" },
          requestDetails(job, context.api, context.me),
          this.tells() ? deliveryDetails(job, context) : null,
        ),
      ),
    );
    this.draw();
  }

  destroy() {
    this.stop.abort();
    this.shown?.destroy();
  }

  tells() {
    return Boolean(this.job.request.callback_url || this.job.request.notify);
  }

  draw() {
    const { job } = this;
    this.drawHead();
    if (isActive(job)) this.drawProgress();
    else if (job.state.status === "COMPLETED") this.drawResults();
    else replace(this.body, failure(job));
  }

  drawHead() {
    const { job, context } = this;
    const { status } = job.state;
    if (!this.tags) {
      this.tags = this.mayWrite
        ? tagField(job.tags, (tags) => this.tag(tags))
        : h(
            "span",
            { class: "chips" },
            job.tags.map((tag) => h("span", { class: "chip small" }, tag)),
          );
      this.tags.classList.add("quiet");
      this.state = h("span", { class: "status" });
      replace(this.status, this.state, this.tags, this.line, this.said);
    }
    this.state.dataset.status = status;
    replace(this.state, STATUS_NAMES[status] ?? status);
    replace(this.facts, jobFacts(job));
    replace(
      this.actions,
      actionButtons(job, {
        mayWrite: this.mayWrite,
        onCancel: async () => {
          const stopped = await cancelJob(context, this.job);
          if (stopped) this.change(stopped.state);
        },
        onDelete: async () => {
          if (await deleteJob(context, this.job)) context.go("#/jobs");
        },
      }),
    );
  }

  drawProgress() {
    this.progress = new JobProgress();
    replace(this.body, this.progress.element);
    this.follow();
  }

  async follow() {
    const { api } = this.context;
    const onLine = (up) => replace(this.line, up ? null : "The line to the server broke; trying again.");
    try {
      for await (const { event, data } of api.events(`/v0/mien/jobs/${this.job.job_id}/events`, {
        signal: this.stop.signal,
        onLine,
      })) {
        if (event === "progress") this.progress.show(data);
        else if (event === "state") this.change(data.state);
        else if (event === "deleted") this.forgotten();
      }
    } catch (error) {
      replace(
        this.body,
        errorBox(error, () => this.context.go(`#/jobs/${this.job.job_id}`)),
      );
    }
  }

  change(state) {
    const told = { ...this.job, state };
    if (isOldNews(this.job, told)) return;
    const was = this.job.state.status;
    this.job = told;
    this.drawHead();
    if (was === state.status || isActive(this.job)) return;
    replace(this.line);
    replace(this.said, `The job has ended: ${STATUS_NAMES[state.status]}.`);
    this.draw();
  }

  drawResults() {
    const { api, store, toast } = this.context;
    const place = h("div", null);
    replace(this.body, place);
    this.shown = mountResults(place, { api, jobId: this.job.job_id, store, toast });
    const source = { title: jobTitle(this.job.request), toast, api, jobId: this.job.job_id };
    const way = downloads(source);
    this.actions.prepend(way);
    this.shown.results?.then(
      (results) => {
        source.results = results;
        source.chosen = this.shown.chosen;
      },
      () => {},
    );
  }

  forgotten() {
    this.stop.abort();
    replace(this.actions);
    replace(this.body, h("div", { class: "notice" }, icon("info"), h("p", null, "This job was deleted.")));
  }

  async tag(tags) {
    try {
      const answer = await this.context.api.put(`/v0/mien/jobs/${this.job.job_id}/tags`, tags);
      this.job.tags = answer.tags;
    } catch (error) {
      this.context.toast(error.message, "bad");
    }
  }
}

function failure(job) {
  return h(
    "div",
    { class: "error-box" },
    icon("alert"),
    h(
      "div",
      { class: "stack tight grow" },
      h("h2", null, "The job failed"),
      h("p", { class: "break" }, job.state.message),
    ),
  );
}
