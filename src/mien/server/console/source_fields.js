/**
 * Draws the fields for what is to be measured: a place to drop files, addresses, texts.
 *
 * @module source_fields
 */

import { append, h, icon, replace, uniqueId } from "./dom.js";
import { LIMITS } from "./options.js";
import { zipNames } from "./packing.js";
import { chosenUploads, droppedUploads, kindOf, parsedUrls } from "./sources.js";
import { bytes, counted } from "./words.js";

/** Of very many uploads so many are listed. */
const MOST_LISTED = 60;

/**
 * Draws the fields.
 *
 * @param {import("./draft.js").Draft} draft
 * @param {{toast: (text: string, kind?: string) => void, signal: AbortSignal}} context signal ends it
 * @returns {HTMLElement}
 */
export function sourceFields(draft, { toast, signal }) {
  const list = h("ul", { class: "uploads", "aria-label": "Files to send" });
  const drawList = () => replace(list, listed(draft));
  draft.addEventListener("change", drawList, { signal });
  drawList();
  const take = async (asking) => {
    try {
      const uploads = await asking;
      if (uploads.length) draft.add(uploads);
    } catch (error) {
      toast(`The files could not be read: ${error.message}`, "bad");
    }
  };
  const stopDropping = dropAnywhere((transfer) => take(droppedUploads(transfer)));
  const pasted = (event) => {
    if (event.clipboardData?.files.length) take(Promise.resolve(chosenUploads(event.clipboardData.files)));
  };
  document.addEventListener("paste", pasted, { signal });
  signal.addEventListener("abort", stopDropping, { once: true });
  return h("div", { class: "stack" }, dropzone(take), list, urlField(draft), textFields(draft));
}

function dropzone(take) {
  const choose = (props) => {
    const input = h("input", {
      type: "file",
      multiple: true,
      class: "visually-hidden",
      tabindex: -1,
      ...props,
      on: {
        change: () => {
          take(Promise.resolve(chosenUploads(input.files)));
          input.value = "";
        },
      },
    });
    return input;
  };
  const files = choose({ id: "choose-files", "aria-label": "Files" });
  const folder = choose({ id: "choose-folder", "aria-label": "Folder", webkitdirectory: true });
  return h(
    "div",
    { class: "dropzone" },
    icon("upload"),
    h(
      "p",
      { class: "dropzone-title" },
      h("span", { class: "for-mouse" }, "Drop images, videos, audio, folders or archives"),
      h("span", { class: "for-touch" }, "Images, videos, audio or archives"),
    ),
    h("p", { class: "hint" }, "Up to 100 MB each. Larger ones as URLs, up to 1 GB."),
    h(
      "div",
      { class: "row close" },
      h(
        "button",
        { type: "button", class: "button", on: { click: () => files.click() } },
        icon("file"),
        "Choose files",
      ),
      h(
        "button",
        { type: "button", class: "button", on: { click: () => folder.click() } },
        icon("folder"),
        "Choose a folder",
      ),
    ),
    files,
    folder,
  );
}

/**
 * Takes drops wherever they fall, and marks the page while something is dragged over it.
 *
 * @param {(transfer: DataTransfer) => void} take called before the event handler returns
 * @returns {() => void} ends it
 */
export function dropAnywhere(take) {
  let depth = 0;
  const over = (on) => document.documentElement.classList.toggle("dragging", on);
  const listeners = {
    dragenter: (event) => {
      if (hasFiles(event)) {
        depth += 1;
        over(true);
      }
    },
    dragleave: () => {
      depth = Math.max(0, depth - 1);
      if (!depth) over(false);
    },
    dragover: (event) => {
      if (hasFiles(event)) event.preventDefault();
    },
    drop: (event) => {
      depth = 0;
      over(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      take(event.dataTransfer);
    },
  };
  for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener);
  return () => {
    over(false);
    for (const [name, listener] of Object.entries(listeners)) document.removeEventListener(name, listener);
  };
}

function hasFiles(event) {
  return event.dataTransfer && [...event.dataTransfer.types].includes("Files");
}

function listed(draft) {
  const shown = draft.uploads.slice(0, MOST_LISTED).map((upload) => row(draft, upload));
  const rest = draft.uploads.length - shown.length;
  if (rest > 0) shown.push(h("li", { class: "muted small" }, `and ${counted(rest, "more file")}`));
  return shown;
}

function row(draft, upload) {
  const missing = !upload.file && !upload.members;
  const remove = () =>
    draft.change(() => {
      draft.uploads = draft.uploads.filter((other) => other !== upload);
    });
  return h(
    "li",
    { class: "upload", dataset: { missing: missing ? "yes" : null } },
    icon(missing ? "alert" : kindOf(upload)),
    h(
      "div",
      { class: "grow" },
      h("p", { class: "cut", title: upload.name }, upload.name),
      h("p", { class: "small muted cut" }, about(upload)),
    ),
    missing ? chooser(draft, upload) : null,
    h(
      "button",
      {
        type: "button",
        class: "button quiet icon-only small",
        "aria-label": `Remove ${upload.name}`,
        on: { click: remove },
      },
      icon("close"),
    ),
  );
}

function about(upload) {
  if (upload.members) {
    const names = zipNames(upload.name, upload.members, LIMITS.fileBytes);
    const sent = names.length > 1 ? `${names.length} zips` : names[0];
    return `${counted(upload.members.length, "file")}, ${bytes(upload.size)}, sent as ${sent}`;
  }
  return upload.file ? bytes(upload.size) : "Gone from the server. Choose it again.";
}

/** Lets somebody give a file that is missing, whatever it is called now. */
function chooser(draft, upload) {
  const input = h("input", {
    type: "file",
    class: "visually-hidden",
    tabindex: -1,
    "aria-label": `File for ${upload.name}`,
    on: {
      change: () => {
        const file = input.files[0];
        if (!file) return;
        draft.change(() => {
          draft.uploads[draft.uploads.indexOf(upload)] = {
            name: upload.name,
            size: file.size,
            file: new File([file], upload.name, { type: file.type }),
            members: null,
          };
        });
      },
    },
  });
  return h(
    "span",
    null,
    input,
    h("button", { type: "button", class: "button small", on: { click: () => input.click() } }, "Choose"),
  );
}

function urlField(draft) {
  const id = uniqueId("urls");
  const error = h("p", { class: "field-error", id: `${id}-error`, role: "status" });
  const area = h("textarea", {
    id,
    rows: 2,
    spellcheck: false,
    placeholder: "https://example.com/clip.mp4",
    value: draft.urls.join("\n"),
    class: "short mono",
    autocomplete: "off",
    "aria-describedby": `${id}-hint ${id}-error`,
    on: {
      input: () => {
        const { good, bad } = parsedUrls(area.value);
        replace(error, bad.length ? `Not an http or https address: ${bad[0]}` : null);
        draft.change(() => {
          draft.urls = good;
        });
      },
    },
  });
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, "URLs"),
    area,
    error,
    h("p", { class: "hint", id: `${id}-hint` }, "One per line; the server fetches them, so they must be public."),
  );
}

function textFields(draft) {
  const fields = h("div", { class: "stack tight" });
  const add = (text = "", focus = false) => {
    const place = fields.childElementCount;
    const area = h("textarea", {
      rows: 3,
      value: text,
      "aria-label": place ? `Text ${place + 1}` : "Text",
      placeholder: "Paste or write what is to be read",
      on: {
        input: () =>
          draft.change(() => {
            draft.texts = [...fields.querySelectorAll("textarea")].map((field) => field.value);
          }),
      },
    });
    append(fields, area);
    if (focus) area.focus();
  };
  for (const text of draft.texts.length ? draft.texts : [""]) add(text);
  return h(
    "div",
    { class: "field" },
    h("span", { class: "label" }, "Texts"),
    fields,
    h(
      "div",
      null,
      h(
        "button",
        { type: "button", class: "button quiet small", on: { click: () => add("", true) } },
        icon("add"),
        "Another text",
      ),
    ),
  );
}
