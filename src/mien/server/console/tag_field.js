/**
 * Draws tags that can be added and taken away.
 *
 * @module tag_field
 */

import { h, hidden, icon, replace } from "./dom.js";
import { LIMITS } from "./options.js";

/**
 * Draws a field of tags; Enter or a comma adds what was typed, Backspace in an empty field takes the last away.
 *
 * @param {string[]} tags
 * @param {(tags: string[]) => void} onChange
 * @param {{label?: string, id?: string}} [names]
 * @returns {HTMLElement}
 */
export function tagField(tags, onChange, { label = "Add a tag", id } = {}) {
  let current = [...tags];
  const list = h("span", { class: "tag-list", role: "list" });
  const input = h("input", {
    type: "text",
    id,
    class: "tag-input",
    "aria-label": id ? null : label,
    placeholder: label,
    maxLength: LIMITS.tagCharacters,
    autocomplete: "off",
  });
  const put = (next) => {
    current = next;
    draw();
    onChange([...current]);
  };
  const remove = (tag) => {
    put(current.filter((other) => other !== tag));
    input.focus();
  };
  const draw = () =>
    replace(
      list,
      current.map((tag) => chip(tag, () => remove(tag))),
    );
  const take = () => {
    const added = input.value
      .split(",")
      .map((tag) => tag.trim())
      .filter((tag) => tag && !current.includes(tag));
    input.value = "";
    if (added.length) put([...current, ...added].slice(0, LIMITS.tags));
  };
  input.addEventListener("blur", take);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || (event.key === "," && input.value.trim())) {
      event.preventDefault();
      take();
    } else if (event.key === "Backspace" && !input.value && current.length) {
      put(current.slice(0, -1));
    }
  });
  draw();
  const element = h("div", { class: "tag-field" }, list, input);
  element.addEventListener("click", (event) => {
    if (event.target === element) input.focus();
  });
  return element;
}

function chip(tag, remove) {
  return h(
    "span",
    { class: "chip small", role: "listitem" },
    h("span", { class: "cut" }, tag),
    h(
      "button",
      { type: "button", class: "chip-remove", on: { click: remove } },
      icon("close"),
      hidden(`Remove ${tag}`),
    ),
  );
}
