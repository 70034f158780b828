/** Shows a transcript or text whose words are coloured by one expression, in step with the player where words have times. */

import { h, replace, uniqueId } from "../dom.js";
import { expressionColour } from "./colours.js";
import { clock, groupName } from "./naming.js";
import { coloursOfWords, fullest, passageOf, readerOf } from "./passage.js";
import { lowerBound } from "./series.js";
import { wordDetail } from "./word_detail.js";

/** Who scored the words. */
const SOURCES = [["language", "What is said"], ["prosody", "How it is said"]];
const REBUILD_MS = 1000;
const BATCH = 200;
/** From so many paragraphs on the browser leaves out of its layout what is far away. */
const LONG = 200;
const NEAR = "600px";

/**
 * Show the text of a file, or nothing where it has none.
 *
 * Paragraphs are plain text until they come near the visible part; only then each word is an element with a colour, so
 * that a text of any length scrolls as a short one does.
 * @param {import("./model.js").MeasuredFile} file
 * @param {object} view the ViewContext
 * @returns {{element: HTMLElement, refresh: () => void, destroy: () => void}}
 */
export function wordsView(file, view) {
  const state = new Words(file, view);
  return { element: state.element, refresh: () => state.refresh(), destroy: () => state.destroy() };
}

class Words {
  constructor(file, view) {
    this.file = file;
    this.view = view;
    this.model = null;
    this.built = 0;
    this.builtAt = -Infinity;
    this.pinned = -1;
    this.now = -1;
    this._makeElements();
    this._onMove = () => this._followPlayhead();
    view.playhead.addEventListener("move", this._onMove);
    this.refresh();
  }

  _makeElements() {
    const choice = uniqueId("colour");
    const title = uniqueId("words");
    this.title = h("h3", { id: title });
    this.select = h("select", { id: choice, class: "small", on: { change: () => this.view.chosen.colourWordsBy(this.select.value) } });
    this.tabs = h("div", { class: "chips", role: "group", "aria-label": "Scores of" });
    this.scale = h("div", { class: "words-scale", "aria-hidden": "true" });
    this.text = h("div", {
      class: "words-text", tabIndex: 0, role: "group",
      on: { click: (event) => this._click(event), pointerover: (event) => this._point(event), keydown: (event) => this._key(event) },
    });
    this.detail = wordDetail();
    this.hint = h("p", { class: "small muted" });
    this.element = h("section", { class: "panel words", "aria-labelledby": title },
      h("div", { class: "panel-head" }, this.title, this.tabs,
        h("div", { class: "words-colour" }, h("label", { class: "small muted", for: choice }, "Coloured by"), this.select, this.scale)),
      h("div", { class: "words-body" }, this.text, this.detail.element), h("div", { class: "words-foot" }, this.hint));
  }

  /** Take in rows that came since, and colours that were chosen. */
  refresh() {
    const models = SOURCES.filter(([model]) => passageRows(this.file.tables.get(model)) > 0);
    this.element.hidden = models.length === 0;
    if (!models.length) return;
    if (!models.some(([model]) => model === this.model)) this.model = models[0][0];
    this._drawTabs(models);
    const table = this.file.tables.get(this.model);
    const late = this.view.results.done || performance.now() - this.builtAt > REBUILD_MS;
    if (this.table !== table || (table.count !== this.built && late)) this._build(table);
    this._recolour();
  }

  destroy() {
    this.view.playhead.removeEventListener("move", this._onMove);
    this.near?.disconnect();
    clearTimeout(this.timer);
  }

  _drawTabs(models) {
    this.tabs.hidden = models.length < 2;
    replace(this.tabs, models.map(([model, name]) => h("button", {
      type: "button", class: "chip", "aria-pressed": String(model === this.model),
      on: { click: () => { this.model = model; this.refresh(); this.tabs.querySelector("[aria-pressed=true]").focus(); } },
    }, name)));
  }

  _build(table) {
    this.table = table;
    this.built = table.count;
    this.builtAt = performance.now();
    this.passage = passageOf(table);
    this.ends = Int32Array.from(this.passage.paragraphs, ({ last }) => last);
    this.speakers = table.groups.filter((group) => group !== "unknown").length > 1;
    this.title.textContent = this.passage.timed ? "Transcript" : "Text";
    this.text.setAttribute("aria-label", this.title.textContent);
    this.text.classList.toggle("is-long", this.passage.paragraphs.length > LONG);
    this.hint.textContent = this._hintText();
    this.pinned = this.now = -1;
    this.detail.clear(this.passage.timed);
    this.near?.disconnect();
    this.near = new IntersectionObserver((entries) => this._nearChanged(entries), { root: this.text, rootMargin: NEAR });
    this.paragraphs = new Map();
    this.text.replaceChildren();
    clearTimeout(this.timer);
    this._addParagraphs(0);
  }

  _hintText() {
    const keys = this.passage.timed ? "Click a word to play from there." : "Click a word to keep its scores.";
    const scored = this.model === "language" ? " Each word is scored together with the words before it." : " Each stretch of speech is scored by its sound.";
    return `${keys} With the keyboard: arrow keys go from word to word.${scored}`;
  }

  /** Add paragraphs a batch at a time, so that a very long text does not hold up the page. */
  _addParagraphs(from) {
    const { paragraphs } = this.passage;
    const batch = document.createDocumentFragment();
    for (const paragraph of paragraphs.slice(from, from + BATCH)) {
      const words = h("span", { class: "words-run" }, this._plain(paragraph));
      const node = h("p", { class: "words-paragraph" }, this._speaker(paragraph), words);
      this.paragraphs.set(node, { paragraph, words, spans: null });
      paragraph.node = node;
      batch.append(node);
    }
    this.text.append(batch);
    for (const { node } of paragraphs.slice(from, from + BATCH)) this.near.observe(node);
    if (from + BATCH < paragraphs.length) this.timer = setTimeout(() => this._addParagraphs(from + BATCH), 0);
  }

  _speaker({ group, begin }) {
    const timed = !Number.isNaN(begin);
    if (!timed && !this.speakers) return null;
    const name = this.speakers ? h("strong", null, groupName(group)) : null;
    return h("span", { class: "words-speaker small muted" }, name, timed ? h("span", { class: "num" }, clock(begin)) : null);
  }

  _plain({ first, last }) {
    let text = "";
    for (let k = first; k < last; k += 1) text += (k > first ? this.passage.gaps[k] : "") + this.table.text[this.passage.rows[k]];
    return text;
  }

  _nearChanged(entries) {
    for (const { target, isIntersecting } of entries) {
      const entry = this.paragraphs.get(target);
      if (entry && isIntersecting && !entry.spans) this._unfold(entry);
      else if (entry?.spans && !isIntersecting) this._fold(entry);
    }
  }

  _unfold(entry) {
    const { paragraph: { first, last }, words } = entry;
    entry.spans = [];
    const run = document.createDocumentFragment();
    for (let k = first; k < last; k += 1) {
      if (k > first && this.passage.gaps[k]) run.append(" ");
      const span = document.createElement("span");
      span.className = "word";
      span.textContent = this.table.text[this.passage.rows[k]];
      span.dataset.place = k;
      entry.spans.push(span);
      run.append(span);
    }
    words.replaceChildren(run);
    this._colour(entry);
    this._markIn(entry, this.now, "is-now");
    this._markIn(entry, this.pinned, "is-at");
  }

  _fold(entry) {
    entry.spans = null;
    entry.words.textContent = this._plain(entry.paragraph);
  }

  _recolour() {
    const choices = coloursOfWords(this.table);
    const { highlight } = this.view.chosen;
    // A voice has fewer expressions than words have.
    this.by = [highlight, ...this.view.chosen.expressions, choices[0]?.value].find((one) => choices.some(({ value }) => value === one)) ?? "";
    this._drawChoices(choices);
    this.read = readerOf(this.table, this.by);
    this.most = fullest(this.passage, this.read);
    this.text.classList.toggle("is-two-sided", this.by === "sentiment");
    const hue = this.by.startsWith("toxicity.") ? "var(--bad)" : expressionColour(this.by);
    this.element.style.setProperty("--hue", hue === "var(--chart-axis)" ? "var(--accent)" : hue);
    replace(this.scale, this.by === "sentiment" ? ["negative", h("i", { class: "both" }), "positive"] : ["0", h("i"), this.most.toFixed(2)]);
    for (const entry of this.paragraphs.values()) if (entry.spans) this._colour(entry);
    if (this.pinned >= 0 || this.now >= 0) this._tell(this.pinned >= 0 ? this.pinned : this.now);
  }

  _drawChoices(choices) {
    const kinds = [...new Set(choices.map(({ kind }) => kind))];
    const told = choices.map(({ value }) => value).join("|");
    if (this.told !== told) {
      replace(this.select, kinds.map((kind) => h("optgroup", { label: kind },
        choices.filter((one) => one.kind === kind).map(({ value, label }) => h("option", { value }, label)))));
      this.told = told;
    }
    this.select.value = this.by;
  }

  _colour({ paragraph: { first }, spans }) {
    const { threshold } = this.view.chosen;
    spans.forEach((span, i) => {
      const score = this.read(this.passage.rows[first + i]);
      const shown = Math.abs(score) >= threshold ? Math.min(1, Math.abs(score) / this.most) : 0;
      span.style.setProperty("--tint", shown.toFixed(3));
      span.classList.toggle("is-below", score < 0);
    });
  }

  _point(event) {
    const place = event.target.dataset?.place;
    if (place !== undefined && event.pointerType !== "touch" && this.pinned < 0) this._tell(Number(place));
  }

  _click(event) {
    const place = event.target.dataset?.place;
    if (place === undefined || String(getSelection())) return;
    this._pin(Number(place));
    this._seek();
  }

  _key(event) {
    const last = this.passage.rows.length - 1;
    const at = this.pinned >= 0 ? this.pinned : Math.max(-1, this.now);
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last };
    if (event.key in steps) this._pin(Math.min(last, Math.max(0, steps[event.key])), true);
    else if (event.key === "Enter" && this.pinned >= 0) this._seek();
    else if (event.key === "Escape" && this.pinned >= 0) this._pin(-1);
    else return;
    event.preventDefault();
  }

  _pin(place, byKey = false) {
    this._mark(this.pinned, "is-at", false);
    this.pinned = place;
    if (place < 0) return this.detail.clear(this.passage.timed);
    this._mark(place, "is-at", true);
    this._reveal(place);
    this._tell(place, byKey);
  }

  _seek() {
    const seconds = this.table.begin[this.passage.rows[this.pinned]];
    if (!Number.isNaN(seconds)) this.view.playhead.seek(seconds);
  }

  _tell(place, aloud = false) {
    this.detail.show(this.table, this.passage.rows[place], { by: this.by, read: this.read, aloud, group: this.speakers });
  }

  _followPlayhead() {
    if (!this.passage?.timed || this.element.hidden) return;
    const place = lowerBound(this.passage.begins, this.view.playhead.seconds + 1e-6) - 1;
    if (place === this.now) return;
    this._mark(this.now, "is-now", false);
    this.now = place;
    if (place < 0) return;
    this._mark(place, "is-now", true);
    // Whoever holds a word, or scrolls in the text by hand, is left in peace.
    if (this.pinned >= 0 && this.table.begin[this.passage.rows[this.pinned]] !== this.view.playhead.seconds) this._pin(-1);
    this._tell(place);
    if (!this.text.matches(":focus-within, :hover")) this._reveal(place);
  }

  _entryOf(place) {
    return this.paragraphs.get(this.passage.paragraphs[lowerBound(this.ends, place + 1)]?.node);
  }

  _mark(place, name, on) {
    const entry = place >= 0 ? this._entryOf(place) : null;
    if (entry?.spans) entry.spans[place - entry.paragraph.first]?.classList.toggle(name, on);
  }

  _markIn({ paragraph: { first }, spans }, place, name) { spans[place - first]?.classList.add(name); }

  /** Scroll the text, and only the text, so that a word can be seen; again where what lies between was not laid out yet. */
  _reveal(place, times = 3) {
    const entry = this._entryOf(place);
    if (!entry) return;
    if (!entry.spans) this._unfold(entry);
    const node = entry.spans[place - entry.paragraph.first];
    const [frame, box] = [this.text.getBoundingClientRect(), node.getBoundingClientRect()];
    if (box.top >= frame.top + 24 && box.bottom <= frame.bottom - 24) return;
    this.text.scrollTop += box.top - frame.top - frame.height / 3;
    if (times > 1) requestAnimationFrame(() => this._reveal(place, times - 1));
  }
}

function passageRows(table) {
  return table?.text ? table.count : 0;
}
