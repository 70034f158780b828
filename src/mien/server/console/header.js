/**
 * Draws the head of every page: where one is, where one can go, the theme, and whose key is used.
 *
 * @module header
 */

import { h, icon, replace, svg } from "./dom.js";

const PLACES = [
  { route: "new", name: "New job", drawing: "add" },
  { route: "jobs", name: "Jobs", drawing: "jobs" },
  { route: "open", name: "Open file", drawing: "open" },
  { route: "system", name: "System", drawing: "server" },
  { route: "keys", name: "Keys", drawing: "key" },
];
const THEMES = ["auto", "light", "dark"];
const THEME_NAMES = { auto: "as the system", light: "light", dark: "dark" };
const THEME_DRAWINGS = { auto: "theme", light: "sun", dark: "moon" };

/**
 * Draws the header.
 *
 * @param {HTMLElement} element the page's header
 * @param {{route: string, me: object|null, onKey: () => void}} state
 */
export function drawHeader(element, { route, me, onKey }) {
  replace(
    element,
    h(
      "div",
      { class: "header-in" },
      h("a", { class: "brand", href: "#/", "aria-label": "mien, start page" }, mark(), h("span", null, "mien")),
      h(
        "nav",
        { class: "nav", "aria-label": "Pages" },
        PLACES.map((place) => link(place, route)),
      ),
      h("div", { class: "row close" }, themeButton(), keyButton(me, onKey)),
    ),
  );
}

/** Draws the mark: five strokes, as a voice or a face would leave them. */
export function mark() {
  return svg(
    "svg",
    { viewBox: "0 0 32 32", class: "mark", "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32, rx: 7 }),
    svg("path", { d: "M7 13v6M11.5 9v14M16 12v8M20.5 7v18M25 13v6" }),
  );
}

function link({ route, name, drawing }, current) {
  const here = current === route || (route === "jobs" && current === "job");
  return h("a", { href: `#/${route}`, "aria-current": here ? "page" : null }, icon(drawing), h("span", null, name));
}

function themeButton() {
  const button = h("button", { type: "button", class: "button quiet icon-only" });
  const draw = () => {
    const theme = chosenTheme();
    replace(button, icon(THEME_DRAWINGS[theme]));
    button.setAttribute("aria-label", `Theme: ${THEME_NAMES[theme]}. Change it.`);
    button.title = `Theme: ${THEME_NAMES[theme]}`;
  };
  button.addEventListener("click", () => {
    localStorage.setItem("mien-theme", THEMES[(THEMES.indexOf(chosenTheme()) + 1) % THEMES.length]);
    window.dispatchEvent(new Event("mien-theme-chosen"));
    draw();
  });
  draw();
  return button;
}

function chosenTheme() {
  const kept = localStorage.getItem("mien-theme");
  return THEMES.includes(kept) ? kept : "auto";
}

function keyButton(me, onKey) {
  if (me?.open) return null;
  const name = me ? me.owner : "Sign in";
  return h(
    "button",
    {
      type: "button",
      class: "button quiet key-button",
      on: { click: onKey },
      "aria-label": me ? `Key of ${name}` : null,
    },
    icon(me ? "person" : "key"),
    h("span", { class: "cut" }, name),
  );
}
