/**
 * Starts the console: finds the key, follows the address, and shows the page that belongs to it.
 *
 * @module app
 */

import { Api, ApiError } from "./api.js";
import { errorBox, loading, openDialog, toast } from "./dialogs.js";
import { h, replace } from "./dom.js";
import { drawHeader } from "./header.js";
import { MediaStore } from "./results/media_store.js";
import { forgetKey, isRemembered, keepKey, keptKey, takeKeyFromAddress } from "./session.js";
import { signIn } from "./sign_in.js";

/** What each route loads, and whether it works without a key. */
const ROUTES = {
  "": { load: () => import("./pages/start.js"), name: "start" },
  new: { load: () => import("./pages/new_job.js") },
  jobs: { load: () => import("./pages/jobs.js") },
  job: { load: () => import("./pages/job.js") },
  open: { load: () => import("./pages/open.js"), keyless: true },
  system: { load: () => import("./pages/system.js") },
  keys: { load: () => import("./pages/keys.js") },
};

const PATIENCE_MS = 150;
const main = document.getElementById("main");
const store = new MediaStore();
const session = { api: new Api(null), me: null };
let shown = null;
let turn = 0;

/** Reads the address: `#/jobs/ID?x=1` → {route: "job", params: {id, query}}. */
function place() {
  const [path, search = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [first, second] = path.split("/").map(decodeURIComponent);
  const query = new URLSearchParams(search);
  if (first === "jobs" && second) return { route: "job", params: { id: second, query } };
  return { route: first in ROUTES ? first : null, params: { query } };
}

/** Asks whose key this is; null when there is none, or it opens nothing. */
async function identify(key) {
  session.api = new Api(key);
  try {
    session.me = await session.api.get("/v0/mien/me");
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    session.me = null;
  }
  return session.me;
}

/** Takes a key somebody typed, and shows the page they wanted. Throws what the server says of a bad one. */
async function enter(key, remember) {
  const me = await new Api(key).get("/v0/mien/me");
  keepKey(key, remember);
  session.api = new Api(key);
  session.me = me;
  await show();
}

function leave() {
  forgetKey();
  session.api = new Api(null);
  session.me = null;
  show();
}

/** Shows whose key it is, and lets go of it. */
async function aboutKey() {
  if (!session.me) {
    const field = document.querySelector("#sign-in-key");
    if (field) field.focus();
    else go("#/");
    return;
  }
  const { owner, scopes = [] } = session.me;
  const answer = await openDialog({
    title: "Your key",
    body: [
      h("p", null, `This key belongs to ${owner} and may ${scopes.join(", ")}.`),
      h(
        "p",
        { class: "muted" },
        isRemembered() ? "It is remembered on this computer." : "It is forgotten when this tab closes.",
      ),
    ],
    actions: (close) => [
      h("button", { type: "button", class: "button", on: { click: () => close("keys") } }, "Keys and callbacks"),
      h("button", { type: "button", class: "button danger", on: { click: () => close("out") } }, "Sign out"),
    ],
  });
  if (answer === "out") {
    forgetKey();
    // Whatever was written or read under this key goes with the page.
    location.reload();
  }
  if (answer === "keys") go("#/keys");
}

function go(hash) {
  if (location.hash === hash) show();
  else location.hash = hash;
}

/** Shows the page of the address; whoever is slower than the next click is dropped. */
async function show() {
  const mine = ++turn;
  const { route, params } = place();
  shown?.destroy?.();
  shown = null;
  drawHeader(document.getElementById("header"), { route: route ?? "", me: session.me, onKey: aboutKey });
  main.setAttribute("aria-busy", "true");
  replace(main);
  // What is quick needs no bars.
  const patience = setTimeout(() => {
    if (mine === turn) replace(main, h("div", { class: "page" }, loading(4)));
  }, PATIENCE_MS);
  try {
    const made = await makePage(route, params).finally(() => clearTimeout(patience));
    if (mine !== turn) {
      made.destroy?.();
      return;
    }
    shown = made;
    present(made);
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof ApiError && error.status === 401) leave();
    else present({ title: "Error", element: problem(error) });
  } finally {
    if (mine === turn) main.removeAttribute("aria-busy");
  }
}

function problem(error) {
  return h("div", { class: "page stack" }, h("h1", null, "This page cannot be shown"), errorBox(error, show));
}

async function makePage(route, params) {
  if (route === null) throw new ApiError(404, "not_found", "There is no such page.");
  if (!session.me && !ROUTES[route].keyless) return signIn(enter);
  const { page } = await ROUTES[route].load();
  return page({ api: session.api, go, toast, me: session.me, store }, params);
}

function present({ title, element }) {
  document.title = title ? `${title} · mien` : "mien";
  replace(main, element);
  window.scrollTo(0, 0);
  const heading = main.querySelector("h1");
  if (heading && document.activeElement?.tagName !== "INPUT") {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}

async function start() {
  takeKeyFromAddress();
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  window.addEventListener("hashchange", () => {
    if (takeKeyFromAddress()) start();
    else show();
  });
  try {
    await identify(keptKey());
  } catch (error) {
    replace(
      main,
      h(
        "div",
        { class: "page" },
        errorBox(error, () => location.reload()),
      ),
    );
    return;
  }
  await show();
}

start();
