/**
 * Shows what a job was asked, and whom it told.
 *
 * @module job_details
 */

import { emptyState, fill } from "./dialogs.js";
import { h, icon, replace } from "./dom.js";
import { Draft, fillFrom } from "./draft.js";
import { requestPreview, subjectOf } from "./request_preview.js";
import { missingUpload } from "./sources.js";
import { ago, counted, duration, moment } from "./words.js";

const DELIVERY_STATES = { due: "Due", sent: "Sent", "given up": "Given up" };

/** Draws the times and figures of a job. */
export function jobFacts(job) {
  const { state, job_id: id, request } = job;
  const { created_timestamp_ms: created, started_timestamp_ms: started, ended_timestamp_ms: ended } = state;
  const facts = [
    ["Created", h("time", { dateTime: new Date(created).toISOString(), title: ago(created) }, moment(created))],
  ];
  if (started) facts.push(["Waited", duration((started - created) / 1000)]);
  if (ended) facts.push(["Took", duration((ended - started) / 1000)]);
  if (state.status === "COMPLETED")
    facts.push(["Found", `${counted(state.num_predictions, "prediction")}, ${counted(state.num_errors, "error")}`]);
  if (request.callback_url) facts.push(["Callback", request.callback_url]);
  facts.push(["Job id", h("code", null, id)]);
  return h(
    "dl",
    { class: "facts" },
    facts.map(([name, value]) => [h("dt", null, name), h("dd", { class: "num" }, value)]),
  );
}

/** Draws the request of a job as JSON and as programs that would start it again, when it is opened. */
export function requestDetails(job, api, me) {
  return opened("What was asked", (place) => {
    const draft = new Draft();
    fillFrom(draft, job);
    draft.uploads = (job.request.files ?? []).map(({ filename }) => missingUpload(filename ?? "upload"));
    const preview = requestPreview(() => subjectOf(draft, me?.open ? null : api.key));
    preview.refresh();
    replace(place, preview.element);
  });
}

/** Draws the messages about a job, when it is opened. */
export function deliveryDetails(job, { api, toast }) {
  return opened("Callbacks and mails", (place) =>
    fill(
      place,
      () => api.get(`/v0/mien/jobs/${job.job_id}/deliveries`),
      (deliveries) =>
        deliveries.length
          ? h(
              "div",
              { class: "stack tight" },
              deliveryTable(deliveries),
              h("div", null, resendButton(job.job_id, { api, toast })),
            )
          : emptyState("send", "No messages", "Messages are sent when the job ends."),
    ),
  );
}

/**
 * Draws deliveries as a table.
 *
 * @param {object[]} deliveries as the server tells them, with `job_id` where they are of several jobs
 * @param {(delivery: object) => Node} [act] draws what can be done about one
 */
export function deliveryTable(deliveries, act) {
  const head = [
    "Message",
    "State",
    "Attempts",
    ...(act ? ["Job", h("span", { class: "visually-hidden" }, "Actions")] : []),
  ];
  return h(
    "div",
    { class: "table-wrap" },
    h(
      "table",
      { class: "table", "aria-label": "Callbacks and mails" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          head.map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h(
        "tbody",
        null,
        deliveries.map((delivery) => deliveryRow(delivery, act)),
      ),
    ),
  );
}

function deliveryRow(delivery, act) {
  const { kind, address, state, due_timestamp_ms: due, job_id: job } = delivery;
  return h(
    "tr",
    null,
    h(
      "th",
      { scope: "row" },
      h(
        "span",
        { class: "source-name" },
        icon(kind === "callback" ? "link" : "send"),
        h("span", { class: "break" }, address),
      ),
    ),
    h(
      "td",
      null,
      h("span", { class: "status", dataset: { status: state } }, DELIVERY_STATES[state] ?? state),
      due ? h("p", { class: "small muted" }, ago(due)) : null,
    ),
    h("td", null, attempts(delivery.attempts)),
    act ? h("td", null, h("a", { href: `#/jobs/${job}` }, h("code", null, job.slice(0, 8)))) : null,
    act ? h("td", { class: "end" }, act(delivery)) : null,
  );
}

/** Draws a button that sends all messages about a job again. */
export function resendButton(id, { api, toast }, after = () => {}) {
  const button = h(
    "button",
    {
      type: "button",
      class: "button small",
      on: {
        click: async () => {
          button.disabled = true;
          try {
            const { due } = await api.post(`/v0/mien/jobs/${id}/deliveries`);
            toast(`${counted(due, "message")} will be sent again.`, "good");
            after();
          } catch (error) {
            toast(error.message, "bad");
          } finally {
            button.disabled = false;
          }
        },
      },
    },
    icon("send"),
    "Send again",
  );
  return button;
}

function attempts(list) {
  if (!list.length) return "none yet";
  const last = list.at(-1);
  return [
    h("span", { class: "break" }, `${last.outcome}, ${ago(last.timestamp_ms)}`),
    list.length > 1
      ? h(
          "details",
          null,
          h("summary", { class: "small muted" }, counted(list.length, "attempt")),
          h(
            "ul",
            { class: "small" },
            list.map((attempt) =>
              h("li", null, `${moment(attempt.timestamp_ms)}: ${attempt.outcome} (${attempt.milliseconds} ms)`),
            ),
          ),
        )
      : null,
  ];
}

/** Makes a part that is drawn when somebody opens it. */
function opened(title, draw) {
  const place = h("div", { class: "details-body" });
  const element = h("details", { class: "panel details-panel" }, h("summary", null, title), place);
  element.addEventListener("toggle", () => {
    if (element.open && !place.firstChild) draw(place);
  });
  return element;
}
