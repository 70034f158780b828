/**
 * Welcomes: an example with one click on a fresh server, what one did last on another.
 *
 * @module pages/start
 */

import { errorBox } from "../dialogs.js";
import { h, icon, replace } from "../dom.js";
import { fetchSample, listSamples, startExample } from "../example_job.js";
import { JobRow, jobTable } from "../job_row.js";
import { dropAnywhere } from "../source_fields.js";
import { droppedUploads } from "../sources.js";
import { traces } from "../traces.js";
import { bytes, WHAT_SCORES_ARE } from "../words.js";
import { addUploads } from "./new_job.js";

const LATEST = 5;
const EXAMPLE =
  "Two portraits, a cup of coffee without a face, three quarters of a minute read aloud, and a paragraph, " +
  "measured by every model.";
const PULL = "mien weights pull --samples";

/** Makes the page. */
export async function page(context) {
  const { api, me } = context;
  const stop = new AbortController();
  const [jobs, samples] = await Promise.all([api.get(`/v0/mien/jobs?limit=${LATEST}`), listSamples(api)]);
  const mayWrite = me.open || me.scopes.includes("write");
  const example = exampleCard(context, samples, { mayWrite, signal: stop.signal });
  const element = h(
    "div",
    { class: "page stack loose start" },
    h(
      "header",
      { class: "hero" },
      h(
        "div",
        { class: "hero-words" },
        h("h1", { class: "display" }, "What faces, voices and words express"),
        h(
          "p",
          { class: "lead" },
          "Give images, videos, recordings or texts, and look at every score where it was measured. All of it stays on this machine.",
        ),
        h(
          "div",
          { class: "row" },
          h("a", { class: "button primary", href: "#/new" }, icon("add"), "New job"),
          h("a", { class: "button", href: "#/open" }, icon("open"), "Open a result file"),
        ),
        h("p", { class: "small muted for-mouse" }, "Or drop files and folders anywhere on this page."),
      ),
      traces(),
    ),
    jobs.length ? latest(jobs) : null,
    h("div", { class: "start-pair" }, example.element, scores()),
  );
  const stopDropping = dropAnywhere((transfer) => take(droppedUploads(transfer), context));
  const destroy = () => {
    stop.abort();
    stopDropping();
    example.destroy();
  };
  return { title: "", element, destroy };
}

/** Takes files that are dropped here along to the new job. */
async function take(asking, { go, toast }) {
  try {
    addUploads(await asking);
    go("#/new");
  } catch (error) {
    toast(`The files could not be read: ${error.message}`, "bad");
  }
}

function latest(jobs) {
  const { element, body } = jobTable("Latest jobs");
  for (const job of jobs) body.append(new JobRow(job, { mayWrite: false }).element);
  return h(
    "section",
    { class: "panel", "aria-labelledby": "latest" },
    h(
      "div",
      { class: "panel-head" },
      h("h2", { id: "latest" }, "Latest jobs"),
      h("a", { class: "small", href: "#/jobs" }, "All jobs"),
    ),
    element,
  );
}

function scores() {
  return h(
    "section",
    { class: "panel scores-panel", "aria-labelledby": "scores" },
    h("div", { class: "panel-head" }, h("h2", { id: "scores" }, "What scores are, and are not")),
    h(
      "div",
      { class: "panel-body stack" },
      WHAT_SCORES_ARE.map((sentence) => h("p", null, sentence)),
    ),
  );
}

/** Offers the example, with pictures of what it measures; or says how the media come here. */
function exampleCard(context, samples, { mayWrite, signal }) {
  const urls = [];
  const said = h("p", { class: "small muted", role: "status" });
  const body = h("div", { class: "panel-body stack" });
  const start = async () => {
    button.disabled = true;
    try {
      context.go(`#/jobs/${await startExample(context, samples, (words) => replace(said, words))}`);
    } catch (error) {
      replace(said, errorBox(error));
      button.disabled = false;
    }
  };
  const button = h(
    "button",
    { type: "button", class: "button primary", disabled: !mayWrite, on: { click: start } },
    icon("play"),
    "Measure the example",
  );
  replace(
    body,
    samples.length
      ? exampleBody(
          samples.map((sample) => thumbnail(context.api, sample, { urls, signal })),
          button,
          said,
        )
      : noSamples(),
  );
  return {
    element: h(
      "section",
      { class: "panel", "aria-labelledby": "example" },
      h("div", { class: "panel-head" }, h("h2", { id: "example" }, "Try an example")),
      body,
    ),
    destroy: () => urls.forEach((url) => URL.revokeObjectURL(url)),
  };
}

function exampleBody(pictures, button, said) {
  return [h("p", null, EXAMPLE), h("ul", { class: "samples" }, pictures), h("div", { class: "row" }, button, said)];
}

function noSamples() {
  return [
    h("p", null, "The sample media are not on this server. Whoever runs it fetches them with"),
    h("code", { class: "code wrap" }, PULL),
  ];
}

function thumbnail(api, sample, { urls, signal }) {
  const picture = h("div", { class: "sample-picture" }, icon(sample.content_type.split("/")[0]));
  if (sample.content_type.startsWith("image/")) draw(api, sample, { picture, urls, signal });
  const licence = sample.licence ? `, ${sample.licence}` : "";
  return h(
    "li",
    { class: "sample" },
    picture,
    h("p", { class: "small cut", title: sample.name }, sample.name),
    h("p", { class: "small muted cut" }, `${bytes(sample.bytes)}${licence}`),
  );
}

async function draw(api, sample, { picture, urls, signal }) {
  try {
    const url = URL.createObjectURL(await fetchSample(api, sample, signal));
    urls.push(url);
    replace(picture, h("img", { src: url, alt: "" }));
  } catch {
    // Without its picture the name still says what it is.
  }
}
