/**
 * Shows how the server is: health, queue, workers, disks, networks.
 *
 * @module pages/system
 */

import { errorBox, fill, openDialog } from "../dialogs.js";
import { h, icon, replace } from "../dom.js";
import { markdown } from "../markdown.js";
import { bytes, count, counted, duration } from "../words.js";

const REFRESH_MS = 5000;
/** A worker that was not heard of for so long does not count any more, as in the server's health. */
const GONE_SECONDS = 60;
const HEALTH = {
  ok: "Everything works",
  degraded: "Jobs are taken, but not all is well",
  idle: "Jobs are taken, but no worker is there to measure",
  failing: "No job can be taken",
};

/** Makes the page; it looks again every few seconds. */
export async function page(context) {
  const mayLook = context.me.open || context.me.scopes.includes("admin");
  const ask = mayLook
    ? () => context.api.get("/v0/mien/system")
    : async () => ({ health: await healthOf(context.api) });
  const live = h("div", { class: "stack loose" });
  const networks = h("div", null);
  const first = await ask();
  const draw = (system) =>
    replace(
      live,
      health(system),
      system.queue ? queue(system.queue) : null,
      system.workers ? workers(system.workers) : null,
    );
  draw(first);
  replace(networks, first.weights ? weights(first.weights, context) : notAllowed());
  const clock = setInterval(async () => {
    if (document.hidden) return;
    try {
      draw(await ask());
    } catch (error) {
      replace(live, errorBox(error));
    }
  }, REFRESH_MS);
  const element = h(
    "div",
    { class: "page stack" },
    h(
      "header",
      { class: "page-head" },
      h("h1", null, "System"),
      h("p", { class: "muted small" }, `mien ${first.health.version}`),
    ),
    live,
    networks,
  );
  return { title: "System", element, destroy: () => clearInterval(clock) };
}

/** Asks for the health; an answer of 503 carries it as well. */
async function healthOf() {
  return (await fetch("/health", { cache: "no-store" })).json();
}

function notAllowed() {
  return h(
    "div",
    { class: "notice" },
    icon("info"),
    h("p", null, "Workers, queue and networks are shown to keys with the scope admin."),
  );
}

function panel(title, ...content) {
  return h(
    "section",
    { class: "panel", "aria-label": title },
    h("div", { class: "panel-head" }, h("h2", null, title)),
    content,
  );
}

function figure(name, value, more) {
  return h(
    "div",
    { class: "figure" },
    h("dt", null, name),
    h(
      "dd",
      null,
      h("span", { class: "figure-value num" }, value),
      more ? h("span", { class: "small muted" }, more) : null,
    ),
  );
}

function health({ health: told, models }) {
  const { status, workers: number, weights_missing: missing = [] } = told;
  const words = HEALTH[status === "degraded" && number === 0 ? "idle" : status] ?? status;
  const absent = h(
    "div",
    { class: "notice", dataset: { kind: "warn" } },
    icon("alert"),
    h(
      "p",
      null,
      `Networks that are not here: ${missing.join(", ")}. `,
      h("code", null, "mien weights pull"),
      " fetches them.",
    ),
  );
  return h(
    "section",
    { class: "panel", "aria-label": "Health" },
    h(
      "div",
      { class: "panel-body stack" },
      h("p", null, h("span", { class: "status large", dataset: { status } }, words)),
      missing.length ? absent : null,
      healthFigures(told, models),
    ),
  );
}

function healthFigures({ store, workers: number, devices = [], disk = {} }, models) {
  const room = ({ folder, free_bytes: free, total_bytes: total, enough }) =>
    figure(`Disk, ${folder}`, `${bytes(free)} free`, enough ? `of ${bytes(total)}` : "too little to take jobs");
  return h(
    "dl",
    { class: "figures" },
    figure(
      "Store",
      store.reachable ? "reachable" : "silent",
      store.reachable ? `answers in ${store.milliseconds} ms` : store.error,
    ),
    number === undefined ? null : figure("Workers", count(number), devices.join(", ")),
    Object.values(disk).map(room),
    models ? figure("Models", count(models.length), models.join(", ")) : null,
  );
}

function queue(told) {
  return panel(
    "Queue",
    h(
      "div",
      { class: "panel-body" },
      h(
        "dl",
        { class: "figures" },
        figure("Waiting", counted(told.queued_jobs, "job"), counted(told.queued_tasks, "task")),
        figure("Running", counted(told.running_tasks, "task"), null),
        figure("Oldest wait", duration(told.oldest_wait_seconds), null),
        figure(
          "Messages due",
          count(told.deliveries_due),
          told.deliveries_failed ? `${count(told.deliveries_failed)} given up` : null,
        ),
        figure(
          "Set aside",
          counted(told.quarantines, "file"),
          `${counted(told.crashes, "crash", "crashes")}, ${counted(told.lease_expiries, "lost lease")}`,
        ),
      ),
    ),
  );
}

function workers(list) {
  const columns = ["Worker", "State", "Device", "Tasks done", "Memory", "Seen"];
  const rows = list.map((worker) =>
    h(
      "tr",
      null,
      h(
        "th",
        { scope: "row" },
        h("code", null, worker.name),
        h("p", { class: "small muted" }, `${worker.host}, process ${worker.pid}`),
      ),
      h("td", null, workerState(worker)),
      h("td", null, `${worker.device}, ${counted(worker.threads, "thread")}`),
      h("td", { class: "num" }, count(worker.tasks_done)),
      h("td", { class: "num" }, bytes(worker.memory_bytes)),
      h("td", { class: "num" }, `${duration(worker.seen_seconds_ago)} ago`),
    ),
  );
  return panel(
    "Workers",
    list.length
      ? table(columns, rows, "Workers")
      : h("div", { class: "panel-body" }, h("p", { class: "muted" }, "No worker is there: jobs wait until one comes.")),
  );
}

function workerState({ busy, seen_seconds_ago: ago }) {
  const [status, words] =
    ago > GONE_SECONDS ? ["missing", "Gone"] : busy ? ["IN_PROGRESS", "Measuring"] : ["QUEUED", "Waiting"];
  return h("span", { class: "status", dataset: { status } }, words);
}

function weights(list, context) {
  const columns = ["Network", "Licence", "Size", "State", "Card"];
  const rows = list.map((network) =>
    h(
      "tr",
      null,
      h("th", { scope: "row" }, network.name, h("p", { class: "small muted" }, network.origin)),
      h(
        "td",
        null,
        network.licence,
        isNotForCommerce(network.licence) ? h("p", { class: "small warn" }, "not for commercial use") : null,
      ),
      h("td", { class: "num" }, bytes(network.bytes)),
      h("td", null, h("span", { class: "status", dataset: { status: network.state } }, network.state)),
      h(
        "td",
        null,
        h(
          "button",
          {
            type: "button",
            class: "button small",
            "aria-label": `Card of ${network.name}`,
            on: { click: () => showCard(network.name, context.api) },
          },
          "Card",
        ),
      ),
    ),
  );
  return panel("Networks", table(columns, rows, "Networks"));
}

/** Tells by the licence's own name; all such licences have NC in it. */
function isNotForCommerce(licence) {
  return /\bNC\b/.test(licence);
}

function table(columns, rows, label) {
  return h(
    "div",
    { class: "table-wrap", tabindex: 0, role: "group", "aria-label": label },
    h(
      "table",
      { class: "table", "aria-label": label },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          columns.map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h("tbody", null, rows),
    ),
  );
}

function showCard(name, api) {
  const place = h("div", { class: "card-text stack" });
  fill(
    place,
    async () => (await api.raw(`/v0/mien/weights/${encodeURIComponent(name)}/card`)).text(),
    (text) => markdown(text),
  );
  openDialog({ title: name, body: place, wide: true });
}
