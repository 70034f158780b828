/**
 * What of a result is looked at: which head, which expressions, how smooth, from which score on.
 *
 * One `Chosen` is shared by all views of a page; each listens for its 'change'.
 */

import { means } from "./means.js";
import { strongest } from "./series.js";

/** How many expressions are shown when nobody has chosen any. */
export const STRONGEST = 5;

/** The heads in the order people look for them, in words. */
export const HEAD_NAMES = {
  emotions: "Expressions",
  facs: "Facial actions",
  descriptions: "Descriptions",
  sentiment: "Sentiment",
  toxicity: "Toxicity",
};

/**
 * Hold what is looked at; fires 'change' after anything of it has changed.
 *
 * While `auto` is true `expressions` are the strongest of the file last given to `suit`, and `highlight` is the one of
 * them that differs most from word to word. Smoothing is in seconds, 0 for none; threshold is a score from 0 to 1.
 */
export class Chosen extends EventTarget {
  head = "emotions";
  /** @type {string[]} */
  expressions = [];
  auto = true;
  smoothing = 0;
  threshold = 0;
  highlight = "";
  /** Whether `highlight` follows the file too. */
  autoHighlight = true;

  /**
   * Take the strongest expressions of a file, where nobody has chosen others.
   *
   * Call it when another file is shown and when that file has grown, not on 'change'. Cheap: only new rows are added up.
   * @param {import("./model.js").MeasuredFile} file
   * @returns {boolean} whether anything changed
   */
  suit(file) {
    if (!headsOf(file).includes(this.head)) this.head = headsOf(file)[0] ?? "emotions";
    const before = this.#told();
    if (this.auto) this.expressions = strongest(file.tables.values(), this.head, STRONGEST);
    if (this.autoHighlight) this.highlight = tellingWordsApart(file) || this.expressions[0] || "";
    const changed = before !== this.#told();
    if (changed) this.#fire();
    return changed;
  }

  /** Look at other expressions; an empty list is taken as it is. @param {string[]} expressions */
  choose(expressions) {
    this.auto = false;
    this.expressions = [...expressions];
    this.#fire();
  }

  /** Show or hide one expression. @param {string} expression */
  toggle(expression) {
    const shown = this.expressions.includes(expression);
    this.choose(shown ? this.expressions.filter((one) => one !== expression) : [...this.expressions, expression]);
  }

  /** Go back to the strongest expressions. @param {import("./model.js").MeasuredFile} file */
  automatic(file) {
    this.auto = true;
    this.autoHighlight = true;
    if (!this.suit(file)) this.#fire();
  }

  /** Look at another group of scores, at its strongest labels. @param {string} head @param {import("./model.js").MeasuredFile} file */
  look(head, file) {
    if (head === this.head) return;
    this.head = head;
    this.auto = true;
    if (!this.suit(file)) this.#fire();
  }

  /** Smooth over this many seconds. @param {number} seconds */
  smooth(seconds) {
    this.smoothing = Math.max(0, Number(seconds) || 0);
    this.#fire();
  }

  /** Show only scores from this one on. @param {number} score */
  from(score) {
    this.threshold = Math.min(1, Math.max(0, Number(score) || 0));
    this.#fire();
  }

  /** Colour words by this expression. @param {string} expression */
  colourWordsBy(expression) {
    this.highlight = expression;
    this.autoHighlight = false;
    this.#fire();
  }

  #told() {
    return JSON.stringify([this.head, this.expressions, this.highlight]);
  }

  #fire() {
    this.dispatchEvent(new Event("change"));
  }
}

/** Return the heads that the tables of a file have. @param {import("./model.js").MeasuredFile} file @returns {string[]} */
export function headsOf(file) {
  const found = new Set([...file.tables.values()].flatMap((table) => [...table.heads.keys()]));
  return Object.keys(HEAD_NAMES).filter((head) => found.has(head));
}

/** Return every label of a head in a file, in the order of the wire. @returns {string[]} */
export function labelsOf(file, head) {
  return [...new Set([...file.tables.values()].flatMap((table) => table.heads.get(head)?.labels ?? []))].sort((a, b) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
}

/**
 * Return the expression that differs most from word to word of a file; "" where it has no words.
 * @param {import("./model.js").MeasuredFile} file
 * @returns {string}
 */
export function tellingWordsApart(file) {
  const table = file.tables.get("language") ?? file.tables.get("prosody");
  const labels = table?.heads.get("emotions")?.labels;
  if (!labels || !table.text || !table.count) return "";
  const { deviation } = means(table, "emotions");
  return labels[deviation.indexOf(Math.max(...deviation))];
}
