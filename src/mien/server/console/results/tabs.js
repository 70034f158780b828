/** Shows one of several panes at a time, as the ARIA pattern for tabs wants it: arrows move, one tab stop. */
import { h, uniqueId } from "../dom.js";

/** Holds tabs and their panes. */
export class Tabs {
  /**
   * @param {string} label what the tabs are about, for screen readers
   * @param {{name: string, element: HTMLElement, open?: () => void}[]} panes `open` is called each time one is shown
   */
  constructor(label, panes) {
    this.panes = panes;
    this.current = 0;
    const ids = panes.map(() => uniqueId("tab"));
    this.buttons = panes.map(({ name }, i) =>
      h("button", { type: "button", role: "tab", id: ids[i], "aria-controls": `${ids[i]}-pane`, on: { click: () => this.open(i) } }, name));
    this.places = panes.map(({ element }, i) =>
      h("div", { role: "tabpanel", id: `${ids[i]}-pane`, "aria-labelledby": ids[i], tabindex: "-1" }, element));
    const bar = h("div", { class: "tabs", role: "tablist", "aria-label": label, on: { keydown: (event) => this._key(event) } }, this.buttons);
    this.element = h("div", { class: "stack" }, bar, this.places);
    this._mark();
  }

  /** Shows a pane. */
  open(i) {
    this.current = i;
    this._mark();
    this.panes[i].open?.();
  }

  _mark() {
    this.buttons.forEach((button, i) => {
      button.setAttribute("aria-selected", String(i === this.current));
      button.tabIndex = i === this.current ? 0 : -1;
    });
    this.places.forEach((place, i) => (place.hidden = i !== this.current));
  }

  _key(event) {
    const last = this.panes.length - 1;
    const wanted = { ArrowRight: this.current + 1, ArrowLeft: this.current - 1, Home: 0, End: last }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    const i = (wanted + this.panes.length) % this.panes.length;
    this.open(i);
    this.buttons[i].focus();
  }
}
