/**
 * Lists jobs, as they are and as they change.
 *
 * @module pages/jobs
 */

import { emptyState, errorBox, loading } from "../dialogs.js";
import { h, icon, replace } from "../dom.js";
import { cancelJob, deleteJob } from "../job_actions.js";
import { SPANS, fits, isFiltered, jobPage, readFilter, writeFilter } from "../job_query.js";
import { JobRow, jobTable } from "../job_row.js";
import { prepareCharts } from "../results/charts.js";
import { tagField } from "../tag_field.js";
import { STATUS_NAMES, counted } from "../words.js";

const TICK_MS = 30000;
const PREPARE_MS = 300;

/** Makes the page; the filter stands in the address. */
export async function page(context, { query }) {
  const list = new JobList(context, readFilter(query));
  await list.load();
  // What a job's page needs comes while nobody waits for it.
  setTimeout(() => import("./job.js").catch(() => {}), PREPARE_MS);
  return { title: "Jobs", element: list.element, destroy: () => list.destroy() };
}

/** Holds the rows that are shown and follows the events of all jobs. */
class JobList {
  constructor(context, filter) {
    this.context = context;
    this.filter = filter;
    this.rows = new Map();
    this.before = null;
    this.stop = new AbortController();
    this.said = h("p", { class: "small muted", role: "status" });
    this.place = h("div", null);
    this.more = h("button", { type: "button", class: "button", on: { click: () => this.older() } }, "Show older jobs");
    this.foot = h("div", { class: "row between list-foot" }, this.said, this.more);
    this.filters = h("div", null);
    this.element = h(
      "div",
      { class: "page stack" },
      h(
        "header",
        { class: "page-head" },
        h("h1", null, "Jobs"),
        h("a", { class: "button primary", href: "#/new" }, icon("add"), "New job"),
      ),
      this.filters,
      h("section", { class: "panel", "aria-label": "Jobs" }, this.place),
      this.foot,
    );
    for (const coming of ["pointerover", "focusin"]) this.place.addEventListener(coming, (event) => this.prepare(event));
    this.drawFilters();
    this.follow();
    this.clock = setInterval(() => this.rows.forEach((row) => row.tick()), TICK_MS);
  }

  destroy() {
    clearInterval(this.clock);
    this.stop.abort();
  }

  /** Gets ready for the job that one is about to open. */
  prepare({ target }) {
    const row = target.closest("tr[data-job]");
    const job = row && this.rows.get(row.dataset.job)?.job;
    if (job?.state.status === "COMPLETED") prepareCharts(job.request);
  }

  /** Starts anew with another filter. */
  refilter(change) {
    Object.assign(this.filter, change);
    history.replaceState(null, "", writeFilter(this.filter));
    this.drawFilters();
    this.load();
  }

  drawFilters() {
    const { filter } = this;
    const focused = this.filters.contains(document.activeElement) ? document.activeElement.id : null;
    replace(
      this.filters,
      h(
        "div",
        { class: "filters", role: "search", "aria-label": "Filter jobs" },
        h(
          "div",
          { class: "chips", role: "group", "aria-label": "Status" },
          Object.entries(STATUS_NAMES).map(([status, name]) => this.statusChip(status, name)),
        ),
        h(
          "div",
          { class: "filter-tags" },
          tagField(filter.tags, (tags) => this.refilter({ tags }), { label: "Filter by tag", id: "filter-tag" }),
          h("label", { class: "visually-hidden", for: "filter-tag" }, "Filter by tag"),
        ),
        this.spanField(),
        filter.span === "between" ? this.betweenFields() : null,
        isFiltered(filter)
          ? h(
              "button",
              {
                type: "button",
                class: "button quiet small",
                id: "filter-clear",
                on: { click: () => this.refilter({ statuses: [], tags: [], span: "", from: "", to: "" }) },
              },
              icon("close"),
              "Clear",
            )
          : null,
      ),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  statusChip(status, name) {
    const { statuses } = this.filter;
    const on = statuses.includes(status);
    const toggle = () =>
      this.refilter({ statuses: on ? statuses.filter((other) => other !== status) : [...statuses, status] });
    return h(
      "button",
      { type: "button", class: "chip", id: `filter-${status}`, "aria-pressed": String(on), on: { click: toggle } },
      h("span", { class: "status bare", dataset: { status } }),
      name,
    );
  }

  spanField() {
    const select = h(
      "select",
      {
        class: "small",
        id: "filter-time",
        "aria-label": "Created",
        on: { change: () => this.refilter({ span: select.value }) },
      },
      SPANS.map(([value, words]) => h("option", { value }, words)),
    );
    select.value = this.filter.span;
    return h("div", { class: "filter-time" }, select);
  }

  betweenFields() {
    const field = (name, label) => {
      const input = h("input", {
        type: "datetime-local",
        class: "small",
        id: `filter-${name}`,
        "aria-label": label,
        value: this.filter[name],
        on: { change: () => this.refilter({ [name]: input.value }) },
      });
      return input;
    };
    return h("div", { class: "pair" }, field("from", "Created after"), field("to", "Created before"));
  }

  async load() {
    this.rows.clear();
    this.before = null;
    this.foot.hidden = true;
    replace(this.place, h("div", { class: "panel-body" }, loading(5)));
    const { filter } = this;
    const asked = JSON.stringify(filter);
    try {
      const { jobs, before } = await jobPage(
        this.context.api,
        filter,
        { before: null, known: new Set() },
        this.stop.signal,
      );
      if (asked !== JSON.stringify(this.filter)) return;
      this.before = before;
      this.drawTable(jobs);
    } catch (error) {
      if (error.name !== "AbortError")
        replace(
          this.place,
          h(
            "div",
            { class: "panel-body" },
            errorBox(error, () => this.load()),
          ),
        );
    }
  }

  drawTable(jobs) {
    const { element, body } = jobTable("Jobs, the newest first");
    this.body = body;
    for (const job of jobs) this.put(job);
    replace(this.place, this.rows.size ? element : this.nothing());
    this.table = element;
    this.tell();
  }

  nothing() {
    if (isFiltered(this.filter)) return emptyState("search", "No job fits", "Change or clear the filter above.");
    return emptyState(
      "jobs",
      "No jobs yet",
      "What you measure is listed here.",
      h("a", { class: "button primary", href: "#/new" }, icon("add"), "New job"),
    );
  }

  async older() {
    this.more.disabled = true;
    try {
      const { jobs, before } = await jobPage(
        this.context.api,
        this.filter,
        { before: this.before, known: new Set(this.rows.keys()) },
        this.stop.signal,
      );
      this.before = before;
      const first = jobs[0];
      for (const job of jobs) this.put(job);
      this.tell();
      if (first) this.rows.get(first.job_id)?.element.querySelector("a").focus();
    } catch (error) {
      if (error.name !== "AbortError") this.context.toast(error.message, "bad");
    } finally {
      this.more.disabled = false;
    }
  }

  tell() {
    this.foot.hidden = !this.rows.size;
    this.more.hidden = this.before === null;
    replace(this.said, `${counted(this.rows.size, "job")} shown${this.before === null ? "" : ", there are more"}`);
  }

  /** Shows a job at its end of the list, or anew where it stands already. */
  put(job, first = false) {
    const row = this.rows.get(job.job_id);
    if (row) return row.update(job);
    const { context } = this;
    const made = new JobRow(job, {
      mayWrite: context.me.open || context.me.scopes.includes("write"),
      onCancel: async (current) => {
        const stopped = await cancelJob(context, current);
        if (stopped) this.put(stopped);
      },
      onDelete: async (current) => {
        if (await deleteJob(context, current)) this.remove(current.job_id);
      },
      onTag: (tag) => {
        if (!this.filter.tags.includes(tag)) this.refilter({ tags: [...this.filter.tags, tag] });
      },
    });
    this.rows.set(job.job_id, made);
    if (first) this.body.prepend(made.element);
    else this.body.append(made.element);
  }

  remove(id) {
    const row = this.rows.get(id);
    if (!row) return;
    row.element.remove();
    this.rows.delete(id);
    if (!this.rows.size) replace(this.place, this.nothing());
    this.tell();
  }

  async follow() {
    try {
      for await (const { event, data } of this.context.api.events("/v0/mien/events", { signal: this.stop.signal })) {
        if (!this.body) continue;
        if (event === "progress") this.rows.get(data.job_id)?.measure(data);
        else if (event === "deleted") this.remove(data.job_id);
        else if (event === "state") await this.changed(data);
      }
    } catch (error) {
      this.context.toast(`Changes are no longer followed: ${error.message}`, "bad");
    }
  }

  /** Takes a change of state: of a row that stands here, or of a job that is new and fits. */
  async changed({ job_id: id, state, tags }) {
    const row = this.rows.get(id);
    if (row) {
      row.update({ ...row.job, state, tags });
      return;
    }
    try {
      const job = await this.context.api.get(`/v0/mien/jobs/${id}`, { signal: this.stop.signal });
      if (!fits(this.filter, job) || this.rows.has(id) || this.isOlder(job)) return;
      if (!this.rows.size) replace(this.place, this.table);
      this.put(job, true);
      this.tell();
    } catch {
      // Forgotten in the meantime, or the page was left.
    }
  }

  /** Tells whether a job belongs to a page that was not asked for yet. */
  isOlder(job) {
    const last = [...this.rows.values()].at(-1);
    return this.before !== null && last && job.state.created_timestamp_ms < last.job.state.created_timestamp_ms;
  }
}
