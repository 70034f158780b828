/**
 * Asks, tells and confirms: dialogs that take the keyboard, and toasts that do not.
 *
 * @module dialogs
 */

import { h, icon, replace, uniqueId } from "./dom.js";

const TOAST_MS = 6000;

/**
 * Opens a modal dialog; Escape and a click beside it close it.
 *
 * @param {{title: string, body: any, actions?: (close: (value: any) => void) => Node[], wide?: boolean}} content
 * @returns {Promise<any>} what it was closed with, undefined when it was dismissed
 */
export function openDialog({ title, body, actions, wide = false }) {
  return new Promise((resolve) => {
    let answer;
    const before = document.activeElement;
    const close = (value) => {
      answer = value;
      dialog.close();
    };
    const heading = uniqueId("dialog");
    const dialog = h(
      "dialog",
      { class: ["dialog", wide && "wide"], "aria-labelledby": heading },
      h(
        "header",
        { class: "dialog-head" },
        h("h2", { id: heading }, title),
        h(
          "button",
          {
            type: "button",
            class: "button quiet icon-only small",
            "aria-label": "Close",
            on: { click: () => close() },
          },
          icon("close"),
        ),
      ),
      h("div", { class: "dialog-body stack" }, typeof body === "function" ? body(close) : body),
      actions ? h("footer", { class: "dialog-foot" }, actions(close)) : null,
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(answer);
    });
    dialog.addEventListener("pointerdown", (event) => {
      if (event.target === dialog) close();
    });
    document.body.append(dialog);
    dialog.showModal();
    // What is asked for comes first; where nothing is, the first button, which is never the dangerous one.
    dialog.querySelector(".dialog-body :is(input, textarea, select), .dialog-foot button")?.focus();
  });
}

/**
 * Asks before something that cannot be undone.
 *
 * @param {{title: string, text: string, action: string, danger?: boolean}} question `action` is the verb on the button
 * @returns {Promise<boolean>}
 */
export async function confirmed({ title, text, action, danger = true }) {
  const answer = await openDialog({
    title,
    body: h("p", null, text),
    actions: (close) => [
      h("button", { type: "button", class: "button", on: { click: () => close(false) } }, "Keep it"),
      h(
        "button",
        { type: "button", class: ["button", danger ? "danger" : "primary"], on: { click: () => close(true) } },
        action,
      ),
    ],
  });
  return answer === true;
}

/**
 * Shows a message at the edge for a few seconds; a screen reader says it.
 *
 * @param {string} text
 * @param {"info"|"good"|"bad"} [kind]
 */
export function toast(text, kind = "info") {
  const drawing = { good: "check", bad: "alert" }[kind] ?? "info";
  const remove = () => entry.remove();
  const entry = h(
    "div",
    { class: "toast", dataset: { kind } },
    icon(drawing),
    h("span", { class: "grow break" }, text),
    h(
      "button",
      { type: "button", class: "button quiet icon-only small", "aria-label": "Dismiss", on: { click: remove } },
      icon("close"),
    ),
  );
  document.getElementById("toasts").append(entry);
  setTimeout(remove, kind === "bad" ? TOAST_MS * 2 : TOAST_MS);
}

/** Shows what went wrong in the server's own words, with a way to try again. */
export function errorBox(error, again) {
  return h(
    "div",
    { class: "error-box", role: "alert" },
    icon("alert"),
    h("div", { class: "grow" }, h("p", null, error?.message ?? String(error))),
    again
      ? h("button", { type: "button", class: "button small", on: { click: again } }, icon("again"), "Try again")
      : null,
  );
}

/** Shows that there is nothing here, why, and what to do about it. */
export function emptyState(drawing, title, text, ...actions) {
  return h("div", { class: "empty" }, icon(drawing), h("h3", null, title), text ? h("p", null, text) : null, actions);
}

/** Shows bars where something will stand soon. */
export function loading(lines = 3) {
  return h(
    "div",
    { class: "stack", "aria-busy": "true" },
    h("span", { class: "visually-hidden" }, "Loading"),
    Array.from({ length: lines }, () => h("div", { class: "skeleton" })),
  );
}

/**
 * Fills a node with what is asked for: bars while it loads, the error with a way on, or what `show` makes of it.
 *
 * @param {HTMLElement} node
 * @param {() => Promise<any>} ask
 * @param {(answer: any) => any} show
 */
export async function fill(node, ask, show) {
  replace(node, loading());
  try {
    replace(node, show(await ask()));
  } catch (error) {
    if (error.name === "AbortError") return;
    replace(
      node,
      errorBox(error, () => fill(node, ask, show)),
    );
  }
}

/**
 * Puts text on the clipboard, also where the browser offers none because the address is not secure.
 *
 * @returns {Promise<void>}
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch {
    // Plain http to another machine has no clipboard; selecting and copying still works there.
  }
  const field = h("textarea", { class: "visually-hidden", value: text, "aria-hidden": "true", readOnly: true });
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("The browser does not let this page copy. Select the text and copy it.");
}

/** Makes a button that copies a text and says so. */
export function copyButton(text, label = "Copy") {
  const words = h("span", { "aria-live": "polite" }, label);
  return h(
    "button",
    {
      type: "button",
      class: "button small",
      on: {
        click: async () => {
          try {
            await copyText(typeof text === "function" ? text() : text);
            words.textContent = "Copied";
            setTimeout(() => {
              words.textContent = label;
            }, 2000);
          } catch (error) {
            toast(error.message, "bad");
          }
        },
      },
    },
    icon("copy"),
    words,
  );
}
