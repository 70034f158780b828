/**
 * Asks for a key, and says how to come by one.
 *
 * @module sign_in
 */

import { h, icon, replace } from "./dom.js";
import { mark } from "./header.js";
import { WHAT_SCORES_ARE } from "./words.js";

const COMMAND = "mien keys create --data DIR --owner NAME --scope read --scope write --scope admin";

/**
 * Makes the page that stands in the place of all others while there is no key.
 *
 * @param {(key: string, remember: boolean) => Promise<void>} enter takes the key; throws what the server says
 * @returns {{title: string, element: HTMLElement}}
 */
export function signIn(enter) {
  const welcome = h(
    "header",
    { class: "stack" },
    mark(),
    h("h1", { class: "display" }, "What faces, voices and words express"),
    h("p", { class: "lead" }, "mien measures it on this machine, and sends nothing anywhere else."),
  );
  const scores = h(
    "section",
    { class: "stack tight", "aria-labelledby": "scores" },
    h("h2", { id: "scores", class: "eyebrow" }, "What scores are, and are not"),
    WHAT_SCORES_ARE.map((sentence) => h("p", { class: "small muted" }, sentence)),
  );
  const open = h(
    "p",
    { class: "small" },
    h("a", { href: "#/open" }, "Open a result that is on your computer"),
    " without a key.",
  );
  return {
    title: "Sign in",
    element: h("div", { class: "page narrow stack loose" }, welcome, keyForm(enter), scores, open),
  };
}

function keyForm(enter) {
  const key = keyInput();
  const remember = h("input", { type: "checkbox", name: "remember" });
  const error = h("p", { class: "field-error", id: "sign-in-error", role: "alert" });
  const button = h("button", { type: "submit", class: "button primary" }, "Sign in", icon("arrow"));
  const submit = async (event) => {
    event.preventDefault();
    replace(error);
    button.disabled = true;
    try {
      await enter(key.value.trim(), remember.checked);
    } catch (problem) {
      replace(error, problem.message);
      key.setAttribute("aria-invalid", "true");
      key.focus();
    } finally {
      button.disabled = false;
    }
  };
  const hint = h(
    "p",
    { class: "hint", id: "sign-in-hint" },
    "Kept until this tab closes, and sent to this server alone.",
  );
  return h(
    "form",
    { class: "panel panel-body stack", on: { submit } },
    h("div", { class: "field" }, h("label", { for: key.id }, "API key"), key, error, hint),
    h("label", { class: "check" }, remember, "Remember on this computer"),
    h("div", { class: "row" }, button),
    noKey(),
  );
}

function keyInput() {
  return h("input", {
    type: "password",
    id: "sign-in-key",
    name: "key",
    autocomplete: "current-password",
    required: true,
    spellcheck: false,
    placeholder: "mien_…",
    "aria-describedby": "sign-in-hint sign-in-error",
  });
}

function noKey() {
  return h(
    "details",
    null,
    h("summary", { class: "small" }, "No key yet?"),
    h(
      "div",
      { class: "stack tight after-summary" },
      h("p", { class: "hint" }, "On the server's machine, with the folder it keeps its data in:"),
      h("code", { class: "code wrap" }, COMMAND),
    ),
  );
}
