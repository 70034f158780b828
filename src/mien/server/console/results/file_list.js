/** Lists the files of a job, thousands if need be: only those in sight are in the page. */
import { h, icon, replace } from "../dom.js";
import { baseName, kindIcon } from "./naming.js";

const ROW = 44;
const SPARE = 6;
const FEW = 2;
const SEARCH_FROM = 9;

/** Shows the files and tells which was picked. Arrows, Home, End and Page keys move; it is a listbox with one choice. */
export class FileList {
  /**
   * @param {import("./model.js").Results} results
   * @param {(file: import("./model.js").MeasuredFile) => void} pick
   */
  constructor(results, pick) {
    Object.assign(this, { results, pick, marked: null, files: [], query: "" });
    this.count = h("p", { class: "eyebrow" });
    this.search = h("input", { type: "search", class: "small", placeholder: "Find a file", "aria-label": "Find a file",
      on: { input: () => this._filter() } });
    this.spacer = h("div", { class: "file-list-space", role: "presentation" });
    this.box = h("div", { class: "file-list-box", role: "listbox", tabindex: "0", "aria-label": "Files",
      on: { keydown: (event) => this._key(event), scroll: () => this._draw() } }, this.spacer);
    this.element = h("nav", { class: "file-list", "aria-label": "Files" }, this.count, this.search, this.box);
    this.watcher = new ResizeObserver(() => this._draw());
    this.watcher.observe(this.box);
    this.refresh();
  }

  /** Takes files in that have come since. */
  refresh() {
    const { files } = this.results;
    this.element.hidden = files.length < FEW;
    this.search.hidden = files.length < SEARCH_FROM;
    this.count.textContent = this.query ? `${this.files.length} of ${files.length} files` : `${files.length} files`;
    this._filter();
  }

  /** Shows which file is looked at. */
  mark(file) {
    this.marked = file;
    this._reveal();
    this._draw();
  }

  _filter() {
    this.query = this.search.value.trim().toLowerCase();
    const { files } = this.results;
    this.files = this.query ? files.filter(({ name }) => name.toLowerCase().includes(this.query)) : files;
    this.count.textContent = this.query ? `${this.files.length} of ${files.length} files` : `${files.length} files`;
    this._draw();
  }

  _draw() {
    this.spacer.style.height = `${this.files.length * ROW}px`;
    this.box.style.height = `${Math.min(this.files.length, 12) * ROW + 2}px`;
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW) - SPARE);
    const last = Math.min(this.files.length, first + Math.ceil((this.box.clientHeight || 12 * ROW) / ROW) + 2 * SPARE);
    const rows = [];
    for (let i = first; i < last; i++) rows.push(this._row(i));
    replace(this.spacer, rows);
    const at = this.files.indexOf(this.marked);
    if (at >= first && at < last) this.box.setAttribute("aria-activedescendant", rowId(at));
    else this.box.removeAttribute("aria-activedescendant");
  }

  _row(i) {
    const file = this.files[i];
    const name = file.type === "text" && /^\d+$/.test(file.name) ? `Text ${file.name}` : baseName(file.name);
    const row = h("div", { class: "file-row", role: "option", id: rowId(i), title: file.name, "aria-selected": String(file === this.marked),
      "aria-posinset": String(i + 1), "aria-setsize": String(this.files.length), on: { click: () => this._pick(i) } },
      icon(kindIcon(file.type)), h("span", { class: "grow cut" }, name),
      file.errors.length ? h("span", { class: "file-error" }, icon("alert"), h("span", { class: "visually-hidden" }, "has errors")) : null);
    row.style.transform = `translateY(${i * ROW}px)`;
    return row;
  }

  _key(event) {
    const at = this.files.indexOf(this.marked);
    const page = Math.max(1, Math.floor(this.box.clientHeight / ROW) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined || !this.files.length) return;
    event.preventDefault();
    this._pick(Math.min(this.files.length - 1, Math.max(0, at + step)));
  }

  _pick(i) {
    this.pick(this.files[i]);
  }

  _reveal() {
    const at = this.files.indexOf(this.marked);
    if (at < 0) return;
    const { scrollTop, clientHeight } = this.box;
    if (at * ROW < scrollTop) this.box.scrollTop = at * ROW;
    else if ((at + 1) * ROW > scrollTop + clientHeight) this.box.scrollTop = (at + 1) * ROW - clientHeight;
  }

  destroy() {
    this.watcher.disconnect();
  }
}

function rowId(i) {
  return `file-${i}`;
}
