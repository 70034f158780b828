/**
 * Builds the page's elements, without ever reading text as markup.
 *
 * @module dom
 */

const SVG = "http://www.w3.org/2000/svg";

/** Drawings of 24 by 24, each a list of paths that are stroked, not filled. */
const ICONS = {
  add: ["M12 5v14", "M5 12h14"],
  again: ["M20 11a8 8 0 1 0-2.3 6.3", "M20 4v7h-7"],
  alert: ["M12 9v4", "M12 17h.01", "M10.3 4 2.5 17.6A2 2 0 0 0 4.2 20.6h15.6a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0z"],
  archive: ["M3 5h18v4H3z", "M5 9v10h14V9", "M10 13h4"],
  arrow: ["M5 12h14", "m13 6 6 6-6 6"],
  audio: ["M4 10v4", "M8 6v12", "M12 3v18", "M16 8v8", "M20 10v4"],
  back: ["M19 12H5", "m11 6-6 6 6 6"],
  check: ["m5 12.5 4.5 4.5L19 7.5"],
  chevron: ["m9 6 6 6-6 6"],
  clock: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 7v5l3 2"],
  close: ["M6 6l12 12", "M18 6 6 18"],
  compare: ["M12 4v16", "M4 8h5v8H4z", "M15 6h5v12h-5z"],
  copy: ["M9 9h11v11H9z", "M5 15H4V4h11v1"],
  delete: ["M4 7h16", "M9 7V4h6v3", "M6 7l1 13h10l1-13", "M10 11v5", "M14 11v5"],
  down: ["m6 9 6 6 6-6"],
  download: ["M12 4v11", "m7 10 5 5 5-5", "M5 20h14"],
  edit: ["M4 20h4L19 9l-4-4L4 16z", "m13 7 4 4"],
  eye: ["M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7z", "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"],
  face: [
    "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
    "M8.5 14.5c1 1.3 2.2 2 3.5 2s2.5-.7 3.5-2",
    "M9 9.5h.01",
    "M15 9.5h.01",
  ],
  file: ["M6 3h8l5 5v13H6z", "M14 3v5h5"],
  filter: ["M3 5h18l-7 8v6l-4 2v-8z"],
  folder: ["M3 6h6l2 2h10v11H3z"],
  image: ["M4 5h16v14H4z", "m4 16 5-5 4 4 3-3 4 4", "M15.5 9h.01"],
  info: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 11v5", "M12 8h.01"],
  jobs: ["M4 6h16", "M4 12h16", "M4 18h10"],
  key: ["M8 18a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "m11 11 9-8", "m16 7 3 3"],
  link: ["M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1", "M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1"],
  menu: ["M4 7h16", "M4 12h16", "M4 17h16"],
  moon: ["M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z"],
  more: ["M5 12h.01", "M12 12h.01", "M19 12h.01"],
  open: ["M3 19V6h6l2 2h8v3", "M3 19l3-8h16l-3 8z"],
  pause: ["M8 5v14", "M16 5v14"],
  person: ["M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M4 21c0-4 3.5-7 8-7s8 3 8 7"],
  play: ["M7 4v16l13-8z"],
  search: ["M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "m16 16 5 5"],
  send: ["M21 3 3 10.5l7 3 3 7z", "M21 3 10 13.5"],
  server: ["M4 4h16v6H4z", "M4 14h16v6H4z", "M8 7h.01", "M8 17h.01"],
  start: ["m3 11 9-8 9 8", "M6 9v11h12V9"],
  stop: ["M6 6h12v12H6z"],
  sun: [
    "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z",
    "M12 2v2",
    "M12 20v2",
    "M2 12h2",
    "M20 12h2",
    "m5 5 1.4 1.4",
    "m17.6 17.6 1.4 1.4",
    "m5 19 1.4-1.4",
    "m17.6 6.4 1.4-1.4",
  ],
  tag: ["M3 3h9l9 9-9 9-9-9z", "M7.5 7.5h.01"],
  text: ["M5 6V4h14v2", "M12 4v16", "M9 20h6"],
  theme: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 3v18", "M12 7h6", "M12 12h9", "M12 17h6"],
  upload: ["M12 16V4", "m7 9 5-5 5 5", "M5 20h14"],
  video: ["M3 6h12v12H3z", "m15 10 6-3v10l-6-3z"],
};

/**
 * Makes an element.
 *
 * @param {string} tag name of the element, "button"
 * @param {object|null} [props] `class` (string or list, empty ones left out), `dataset`, `on` (event → function),
 *   `ref` (called with the element), `aria-…`, `role` and other attributes, or properties the element has (`value`,
 *   `disabled`, `onclick` not: use `on`). A value of null or undefined is left out; false leaves an attribute out.
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 * @returns {HTMLElement}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) setProp(element, name, value);
  append(element, children);
  return element;
}

/** Sets one of the things `h` takes. */
function setProp(element, name, value) {
  if (value === null || value === undefined) return;
  if (name === "class") {
    element.className = Array.isArray(value) ? value.filter(Boolean).join(" ") : value;
  } else if (name === "dataset") {
    for (const [key, entry] of Object.entries(value))
      if (entry !== null && entry !== undefined) element.dataset[key] = entry;
  } else if (name === "on") {
    for (const [event, listener] of Object.entries(value)) if (listener) element.addEventListener(event, listener);
  } else if (name === "ref") {
    value(element);
  } else if (name.includes("-") || !(name in element) || isReadOnly(name)) {
    setAttribute(element, name, value);
  } else {
    element[name] = value;
  }
}

/** Tells the few properties that an element has but that can be set as attributes only. */
function isReadOnly(name) {
  return ["list", "form", "role", "width", "height"].includes(name);
}

function setAttribute(element, name, value) {
  // "false" means something in aria-… attributes, and nothing in any other.
  if (value === false && !name.startsWith("aria-")) return;
  element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
}

/** Appends nodes, texts and lists of them; null, undefined and false are left out. */
export function append(parent, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
  return parent;
}

/** Puts children in the place of those a node has, and gives the node back. */
export function replace(node, ...children) {
  node.replaceChildren();
  return append(node, children);
}

/**
 * Draws an icon that screen readers pass over; the words stand beside it or in an `aria-label`.
 *
 * @param {keyof typeof ICONS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const drawing = svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" });
  for (const d of ICONS[name] ?? []) drawing.append(svg("path", { d }));
  return drawing;
}

/** Makes an SVG element with attributes and children. */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  return append(element, children);
}

/** Words only a screen reader says. */
export function hidden(text) {
  return h("span", { class: "visually-hidden" }, text);
}

let identifiers = 0;

/** Gives a new id, to tie a label to what it names. */
export function uniqueId(prefix = "id") {
  identifiers += 1;
  return `${prefix}-${identifiers}`;
}
