/**
 * Lets somebody write a request and start it.
 *
 * @module pages/new_job
 */

import { h, icon, uniqueId } from "../dom.js";
import { Draft, fillFrom } from "../draft.js";
import { modelFields, transcriptionFields } from "../option_fields.js";
import { requestPreview, subjectOf } from "../request_preview.js";
import { SendBar } from "../send_bar.js";
import { sourceFields } from "../source_fields.js";
import { missingUpload, uploadOf } from "../sources.js";
import { tagField } from "../tag_field.js";

/** What was written and not sent yet; it is there again when somebody comes back. */
let unsent = new Draft();

/** Adds uploads to the request that is being written, from another page. */
export function addUploads(uploads) {
  unsent.add(uploads);
}

/**
 * Makes the page; `?from=JOB` fills it with the request of a job that was.
 *
 * @returns {Promise<{title: string, element: HTMLElement, destroy: () => void}>}
 */
export async function page(context, { query }) {
  const from = query.get("from");
  const job = from ? await context.api.get(`/v0/mien/jobs/${from}`) : null;
  const title = job ? "Run again" : "New job";
  const draft = job ? new Draft() : unsent;
  if (job) await refill(draft, job, context.store);
  const left = new AbortController();
  const onOver = job
    ? null
    : () => {
        unsent = new Draft();
        context.go("#/new");
      };
  const element = h("div", { class: "page" }, composer(context, draft, { title, left: left.signal, onOver }));
  return { title, element, destroy: () => left.abort() };
}

function composer(context, draft, { title, left, onOver }) {
  const preview = requestPreview(() => subjectOf(draft, context.me?.open ? null : context.api.key));
  const onSent = (id) => {
    if (draft === unsent) unsent = new Draft();
    context.go(`#/jobs/${id}`);
  };
  const send = new SendBar(draft, context, { left, onSent });
  const over = onOver
    ? h("button", { type: "button", class: "button quiet small", on: { click: onOver } }, icon("again"), "Start over")
    : null;
  const refresh = () => {
    preview.refresh();
    send.refresh();
    if (over) over.hidden = !Object.keys(draft.request).length && !draft.uploads.length && !draft.tags.length;
  };
  draft.addEventListener("change", refresh, { signal: left });
  refresh();
  return [
    h("header", { class: "page-head" }, h("h1", null, title), over),
    h(
      "div",
      { class: "composer" },
      h(
        "div",
        { class: "stack composer-main" },
        section("What to measure", null, sourceFields(draft, { toast: context.toast, signal: left })),
        section("Models", "All run unless you switch some off.", modelFields(draft)),
        section("Speech", null, transcriptionFields(draft)),
        section("Afterwards", null, afterFields(draft, context.me)),
      ),
      h(
        "aside",
        { class: "composer-side", "aria-label": "The request" },
        h(
          "section",
          { class: "panel preview-box" },
          h("div", { class: "panel-head" }, h("h2", null, "Request")),
          preview.element,
        ),
        send.element,
      ),
    ),
  ];
}

function section(title, hint, ...content) {
  const id = uniqueId("section");
  return h(
    "section",
    { class: "panel", "aria-labelledby": id },
    h("div", { class: "panel-head" }, h("h2", { id }, title), hint ? h("p", { class: "hint" }, hint) : null),
    h("div", { class: "panel-body" }, content),
  );
}

/** Fills the draft with a job's request; its uploads come out of the browser's store, or are asked for. */
async function refill(draft, job, store) {
  fillFrom(draft, job);
  for (const [place, { filename }] of (job.request.files ?? []).entries()) {
    const name = filename ?? "upload";
    const blob = await store.find(job.job_id, name, place);
    draft.add([blob ? uploadOf(new File([blob], name, { type: blob.type })) : missingUpload(name)]);
  }
}

function afterFields(draft, me) {
  const callback = uniqueId("callback");
  const tags = uniqueId("tags");
  const url = h("input", {
    type: "url",
    id: callback,
    value: draft.callbackUrl,
    placeholder: "https://example.com/done",
    "aria-describedby": `${callback}-hint`,
    autocomplete: "off",
  });
  url.addEventListener("input", () =>
    draft.change(() => {
      draft.callbackUrl = url.value;
    }),
  );
  const setTags = (next) =>
    draft.change(() => {
      draft.tags = next;
    });
  return h(
    "div",
    { class: "stack" },
    h(
      "div",
      { class: "field" },
      h("label", { for: tags }, "Tags"),
      tagField(draft.tags, setTags, { id: tags }),
      h("p", { class: "hint" }, "To find the job again in the list."),
    ),
    h(
      "div",
      { class: "field" },
      h("label", { for: callback }, "Callback URL"),
      url,
      h("p", { class: "hint", id: `${callback}-hint` }, "The predictions are posted there when the job ends."),
    ),
    notifyField(draft, me),
  );
}

function notifyField(draft, me) {
  const notify = h("input", { type: "checkbox", checked: draft.notify });
  notify.addEventListener("change", () =>
    draft.change(() => {
      draft.notify = notify.checked;
    }),
  );
  return h(
    "label",
    { class: "check" },
    notify,
    `Send a mail when it ends${me?.email ? `, to ${me.email}` : ", if the server can"}`,
  );
}
