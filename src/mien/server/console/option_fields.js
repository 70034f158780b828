/**
 * Draws which models run and what can be set on each.
 *
 * @module option_fields
 */

import { h, replace, uniqueId } from "./dom.js";
import { MODELS, TRANSCRIPTION, WINDOW, isDefault } from "./options.js";

/**
 * Draws the models, each with a switch, one line on what it measures, and its options.
 *
 * @param {import("./draft.js").Draft} draft
 * @returns {HTMLElement}
 */
export function modelFields(draft) {
  return h(
    "div",
    { class: "models" },
    MODELS.map((model) => modelField(draft, model)),
  );
}

/** Draws how speech becomes text. */
export function transcriptionFields(draft) {
  const set = (option) => (value) =>
    draft.change(() => {
      draft.transcription[option.name] = value;
    });
  const fields = h(
    "div",
    { class: "options", hidden: !draft.transcribes },
    TRANSCRIPTION.map((option) => optionField(option, draft.transcription[option.name], set(option))),
  );
  const on = h("input", { type: "checkbox", role: "switch", checked: draft.transcribes });
  on.addEventListener("change", () => {
    draft.change(() => {
      draft.transcribes = on.checked;
    });
    fields.hidden = !on.checked;
  });
  return h(
    "div",
    { class: "stack" },
    h("label", { class: "switch" }, on, h("span", null, "Turn speech into text")),
    h(
      "p",
      { class: "hint" },
      "Off, prosody hears the whole recording as one, and language and entities find nothing in sound.",
    ),
    fields,
  );
}

function modelField(draft, model) {
  const id = uniqueId("model");
  const details = model.options.length ? modelOptions(draft, model) : null;
  const on = h("input", {
    type: "checkbox",
    role: "switch",
    id,
    checked: draft.models.has(model.name),
    "aria-describedby": `${id}-about`,
  });
  on.addEventListener("change", () => {
    draft.change(() => (on.checked ? draft.models.add(model.name) : draft.models.delete(model.name)));
    if (details) details.hidden = !on.checked;
  });
  if (details) details.hidden = !on.checked;
  return h(
    "div",
    { class: "model", role: "group", "aria-label": model.title, dataset: { model: model.name } },
    h(
      "div",
      { class: "model-head" },
      h("label", { class: "switch", for: id }, on, h("span", { class: "model-title" }, model.title)),
      h("code", { class: "muted small" }, model.name),
    ),
    h("p", { class: "hint", id: `${id}-about` }, model.about),
    details,
  );
}

function modelOptions(draft, { name, title, options }) {
  const changed = h("span", { class: "small muted" });
  const count = () => {
    const set = options.filter((option) => !isDefault(option, draft.options[name]?.[option.name])).length;
    replace(changed, set ? ` ${set} changed` : null);
  };
  const set = (option) => (value) => {
    draft.change(() => {
      (draft.options[name] ??= {})[option.name] = value;
    });
    count();
  };
  count();
  return h(
    "details",
    { class: "model-options" },
    h("summary", { "aria-label": `Options of ${title}` }, "Options", changed),
    h(
      "div",
      { class: "options" },
      options.map((option) => optionField(option, draft.options[name]?.[option.name], set(option))),
    ),
  );
}

/**
 * Draws one option.
 *
 * @param {import("./options.js").Option} option
 * @param {any} value undefined for the default
 * @param {(value: any) => void} set
 */
function optionField(option, value, set) {
  const id = uniqueId("option");
  const current = value ?? option.default;
  const hint = h("p", { class: "hint", id: `${id}-hint` }, option.about, defaultWords(option));
  if (option.type === "boolean" || option.type === "switch") return switchField(option, current, set, { id, hint });
  if (option.type === "window") return windowField(option, current, set, { id, hint });
  const control = option.type === "choice" ? choice(option, current, set, id) : number(option, current, set, id);
  return h(
    "div",
    { class: "field", dataset: { option: option.name } },
    h("label", { for: id }, option.title, option.unit ? h("span", { class: "muted" }, `, ${option.unit}`) : null),
    control,
    hint,
  );
}

function defaultWords(option) {
  if (option.type === "number" || option.type === "integer") return ` Default ${option.default}.`;
  return null;
}

function switchField(option, current, set, { id, hint }) {
  const input = h("input", {
    type: "checkbox",
    id,
    checked: Boolean(current),
    "aria-describedby": hint.id,
    on: {
      change: () => set(option.type === "switch" ? (input.checked ? {} : null) : input.checked),
    },
  });
  return h(
    "div",
    { class: "field", dataset: { option: option.name } },
    h("label", { class: "check", for: id }, input, option.title),
    hint,
  );
}

function choice(option, current, set, id) {
  const index = Math.max(
    0,
    option.choices.findIndex(([value]) => value === current),
  );
  const select = h(
    "select",
    { id, "aria-describedby": `${id}-hint`, on: { change: () => set(option.choices[select.selectedIndex][0]) } },
    option.choices.map(([value, words]) =>
      h("option", { value: value ?? "" }, value === option.default ? `${words} (default)` : words),
    ),
  );
  select.selectedIndex = index;
  return select;
}

function number(option, current, set, id) {
  const input = h("input", {
    type: "number",
    id,
    inputMode: option.type === "integer" ? "numeric" : "decimal",
    min: option.min,
    max: option.max,
    step: option.type === "integer" ? 1 : "any",
    placeholder: String(option.default),
    "aria-describedby": `${id}-hint`,
    on: {
      input: () => {
        const bad = input.value !== "" && !input.checkValidity();
        input.setAttribute("aria-invalid", String(bad));
        if (!bad) set(input.value === "" ? undefined : Number(input.value));
      },
    },
  });
  input.value = String(current);
  return input;
}

function windowField(option, current, set, { id, hint }) {
  const values = { ...WINDOW, ...(current ?? {}) };
  const tell = () => set(on.checked ? { ...values } : null);
  const part = (name, title) => {
    const field = number(
      { ...option, type: "number", default: WINDOW[name] },
      values[name],
      (value) => {
        values[name] = value ?? WINDOW[name];
        tell();
      },
      `${id}-${name}`,
    );
    field.setAttribute("aria-describedby", hint.id);
    return h(
      "div",
      { class: "field" },
      h("label", { for: `${id}-${name}` }, title, h("span", { class: "muted" }, ", seconds")),
      field,
    );
  };
  const parts = h("div", { class: "pair" }, part("length", "Length"), part("step", "Step"));
  const on = h("input", {
    type: "checkbox",
    id,
    checked: Boolean(current),
    "aria-describedby": hint.id,
    on: {
      change: () => {
        parts.hidden = !on.checked;
        tell();
      },
    },
  });
  parts.hidden = !on.checked;
  return h(
    "div",
    { class: "field", dataset: { option: option.name } },
    h("label", { class: "check", for: id }, on, option.title),
    hint,
    parts,
  );
}
