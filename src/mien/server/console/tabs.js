/**
 * Draws tabs that arrow keys walk through, as the ARIA pattern has them.
 *
 * @module tabs
 */

import { h, uniqueId } from "./dom.js";

/**
 * Draws a row of tabs over one panel.
 *
 * @param {object} given
 * @param {string} given.label what the tabs are about, for screen readers
 * @param {Array<{id: string, title: string}>} given.entries
 * @param {string} given.selected id of the one shown first
 * @param {HTMLElement} given.panel what they change
 * @param {(id: string) => void} given.onSelect called when another is chosen
 * @returns {HTMLElement} the row; put the panel below it
 */
export function tabs({ label, entries, selected, panel, onSelect }) {
  panel.id ||= uniqueId("panel");
  panel.setAttribute("role", "tabpanel");
  const buttons = entries.map(({ id, title }) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `${panel.id}-${id}`,
        "aria-controls": panel.id,
        on: { click: () => select(id) },
      },
      title,
    ),
  );
  const select = (id, focus = false) => {
    entries.forEach((entry, i) => {
      const here = entry.id === id;
      buttons[i].setAttribute("aria-selected", String(here));
      buttons[i].tabIndex = here ? 0 : -1;
      if (here) panel.setAttribute("aria-labelledby", buttons[i].id);
      if (here && focus) buttons[i].focus();
    });
    onSelect(id);
  };
  const walk = (event) => {
    const here = buttons.indexOf(document.activeElement);
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (next === undefined || here < 0) return;
    event.preventDefault();
    select(entries.at(next % buttons.length).id, true);
  };
  const row = h("div", { class: "tabs", role: "tablist", "aria-label": label, on: { keydown: walk } }, buttons);
  select(selected);
  return row;
}
