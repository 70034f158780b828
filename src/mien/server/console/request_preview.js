/**
 * Shows a request as it is written, as JSON and as programs.
 *
 * @module request_preview
 */

import { copyButton } from "./dialogs.js";
import { h, replace } from "./dom.js";
import { LIMITS } from "./options.js";
import { zipNames } from "./packing.js";
import { LANGUAGES } from "./snippets.js";
import { tabs } from "./tabs.js";

/** A text of a book's length is not drawn whole; it is copied whole. */
const MOST_SHOWN = 20000;
const KEPT = "mien-snippet";

/**
 * Draws tabs with the request; call `refresh` when it has changed.
 *
 * @param {() => import("./snippets.js").Subject} subject
 * @returns {{element: HTMLElement, refresh: () => void}}
 */
export function requestPreview(subject) {
  let language = LANGUAGES.find(({ id }) => id === sessionStorage.getItem(KEPT)) ?? LANGUAGES[0];
  const code = h("code", { class: "code", tabindex: 0, "aria-label": "The request" });
  const panel = h("div", { class: "preview-panel" }, code);
  const refresh = () => {
    const text = language.write(masked(subject()));
    replace(
      code,
      text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}\n… ${text.length - MOST_SHOWN} characters more` : text,
    );
  };
  const note = h("p", { class: "hint" });
  const onSelect = (id) => {
    language = LANGUAGES.find((entry) => entry.id === id);
    sessionStorage.setItem(KEPT, id);
    replace(note, id === "json" || !subject().key ? null : "Copying puts your key in.");
    refresh();
  };
  const row = tabs({ label: "The request as", entries: LANGUAGES, selected: language.id, panel, onSelect });
  const copy = copyButton(() => language.write(subject()));
  return {
    element: h("div", { class: "preview" }, row, panel, h("div", { class: "row between preview-foot" }, note, copy)),
    refresh,
  };
}

/** Says what a draft would send. */
export function subjectOf(draft, key) {
  const files = draft.uploads.flatMap(({ name, members }) =>
    members
      ? zipNames(name, members, LIMITS.fileBytes).map((zip) => ({ name: zip, folder: name }))
      : [{ name, folder: null }],
  );
  return { request: draft.request, files, tags: draft.tags, base: location.origin, key };
}

/** Hides the key from whoever looks over the shoulder. */
function masked(subject) {
  return { ...subject, key: subject.key && `${subject.key.slice(0, 5)}…` };
}
