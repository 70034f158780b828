/**
 * Walks through a predictions array while its bytes arrive: finds sources, files, models and groups, and hands the
 * predictions of each group to a `RowReader`. It knows the skeleton only, in any order of keys, and skips what it does
 * not know.
 */
import { INCOMPLETE, RowReader, skip, stringEnd, valueEnd } from "./rows.js";

const QUOTE = 34, COMMA = 44, COLON = 58, OPEN = 123, ARRAY = 91, CLOSE = 125, ARRAY_END = 93;
const MOST_ROWS = 4096;
const LARGE_VALUE = 1 << 20;

/** What may stand in each container: its members that are containers themselves, `*` for any; the rest are values. */
const INSIDE = {
  root: { "*": "element" },
  element: { results: "results" },
  results: { predictions: "items" },
  items: { "*": "item" },
  item: { models: "models" },
  models: { "*": "model" },
  model: { grouped_predictions: "groups" },
  groups: { "*": "group" },
  group: { predictions: "rows" },
};
const LISTS = new Set(["root", "items", "groups", "rows"]);

/**
 * Something found on the way.
 * @typedef {{kind: "source", source: object}
 *   | {kind: "source error", index: number, message: string}
 *   | {kind: "file", file: number, source: number, name?: string, type?: string}
 *   | {kind: "metadata", file: number, model: string, metadata: object}
 *   | {kind: "model", file: number, model: string}
 *   | {kind: "errors", source: number, errors: {file: string, message: string}[]}
 *   | {kind: "rows", file: number, bunch: import("./bunch.js").Bunch}} Finding
 */

/** Takes the bytes of an answer piece by piece and tells what it finds. */
export class PredictionStream {
  /** @param {(finding: Finding) => void} tell */
  constructor(tell) {
    this.tell = tell;
    this.bytes = new Uint8Array(1 << 16);
    this.at = this.end = 0;
    this.stack = [];
    this.key = null;
    this.patience = 0;
    this.sources = this.files = 0;
    this.templates = new Map();
    this.decoder = new TextDecoder();
    this.over = false;
  }

  /** Reads on with more bytes; throws SyntaxError when they are no predictions. */
  push(chunk) {
    this._append(chunk);
    if (this.end - this.at < this.patience) return;
    try {
      while (!this.over) this._step();
    } catch (reason) {
      if (reason !== INCOMPLETE) throw reason;
      // A very long value is looked at again only when there is twice as much of it.
      const waiting = this.end - this.at;
      this.patience = waiting > LARGE_VALUE ? 2 * waiting : 0;
    }
  }

  /** Tells the predictions read so far of the group it is in. */
  flush() {
    const top = this.stack.at(-1);
    if (top?.reader?.count && "id" in top.group) this._flush(top);
  }

  /** Says that no more bytes come; throws SyntaxError when something is missing. */
  finish() {
    this.patience = 0;
    this.push(new Uint8Array([10]));
    if (!this.over) throw new SyntaxError("the predictions end in the middle");
  }

  _append(chunk) {
    if (this.end + chunk.length > this.bytes.length) {
      const rest = this.end - this.at;
      const enough = rest + chunk.length <= this.bytes.length / 2;
      const target = enough ? this.bytes : new Uint8Array(2 * (rest + chunk.length));
      target.set(this.bytes.subarray(this.at, this.end));
      this.bytes = target;
      this.at = 0;
      this.end = rest;
    }
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  _step() {
    const top = this.stack.at(-1);
    if (!top) return this._begin();
    if (top.kind === "rows") this._rows(top);
    const at = skip(this.bytes, this.at, this.end);
    const byte = this.bytes[at];
    if (byte === COMMA) this.at = at + 1;
    else if (byte === CLOSE || byte === ARRAY_END) this._leave(top, at);
    else if (LISTS.has(top.kind)) this._enter(top, "*", at);
    else this._member(top, at);
  }

  _begin() {
    this.at = skip(this.bytes, this.at, this.end);
    if (this.bytes[this.at] === 0xef) return void (this.at += 3);
    if (this.bytes[this.at] !== ARRAY) throw new SyntaxError("not an array of predictions");
    this.stack.push({ kind: "root" });
    this.at++;
  }

  /** Reads predictions as long as there are whole ones. */
  _rows(top) {
    const { bytes, end } = this;
    const reader = (top.reader ??= this._newReader(top.group.model.model));
    for (;;) {
      let at = skip(bytes, this.at, end);
      if (bytes[at] === COMMA) at = skip(bytes, at + 1, end);
      if (bytes[at] !== OPEN) return;
      this.at = at;
      this.at = reader.read(bytes, at, end);
      if (reader.count >= MOST_ROWS && "id" in top.group) this._flush(top);
    }
  }

  _newReader(model) {
    if (!this.templates.has(model)) this.templates.set(model, new Map());
    return new RowReader(model, this.templates.get(model));
  }

  _flush(top) {
    const { id, model } = top.group;
    this.tell({ kind: "rows", file: model.item.file, bunch: top.reader.take(id) });
  }

  _member(top, at) {
    if (this.bytes[at] !== QUOTE) throw new SyntaxError("the predictions are damaged");
    const keyEnd = stringEnd(this.bytes, at, this.end);
    const colon = skip(this.bytes, keyEnd, this.end);
    if (this.bytes[colon] !== COLON) throw new SyntaxError("the predictions are damaged");
    const value = skip(this.bytes, colon + 1, this.end);
    this._enter(top, JSON.parse(this._text(at, keyEnd)), value);
  }

  /** Goes into a container, or takes a value. */
  _enter(top, key, at) {
    const inside = INSIDE[top.kind];
    const kind = inside?.[key] ?? inside?.["*"];
    const byte = this.bytes[at];
    if (kind && byte === (LISTS.has(kind) ? ARRAY : OPEN)) {
      this.stack.push(this._frame(kind, top, key));
      this.at = at + 1;
      return;
    }
    const end = valueEnd(this.bytes, at, this.end);
    const value = JSON.parse(this._text(at, end));
    this.at = end;
    this._take(top, key, value);
  }

  /** Makes what is remembered of a container while it is open. */
  _frame(kind, top, key) {
    if (kind === "element") {
      this.tell({ kind: "source", source: { index: this.sources, type: "", name: "", error: null } });
      return { kind, index: this.sources++ };
    }
    if (kind === "item") {
      this.tell({ kind: "file", file: this.files, source: top.index, name: "", type: "" });
      return { kind, index: top.index, file: this.files++ };
    }
    if (kind === "models") return { kind, item: top };
    if (kind === "model") {
      this.tell({ kind: "model", file: top.item.file, model: key });
      return { kind, model: key, item: top.item };
    }
    if (kind === "groups") return { kind, model: top };
    if (kind === "group") return { kind, model: top.model };
    if (kind === "rows") return { kind, group: top };
    return { kind, index: top.index };
  }

  _take(top, key, value) {
    if (top.kind === "element" && key === "source") this._takeSource(top, value);
    else if (top.kind === "element" && key === "error" && value) {
      this.tell({ kind: "source error", index: top.index, message: String(value) });
    } else if (top.kind === "results" && key === "errors" && value?.length) {
      this.tell({ kind: "errors", source: top.index, errors: value });
    } else if (top.kind === "item" && key === "file") {
      this.tell({ kind: "file", file: top.file, source: top.index, name: String(value) });
    } else if (top.kind === "item" && key === "file_type") {
      this.tell({ kind: "file", file: top.file, source: top.index, type: String(value) });
    } else if (top.kind === "model" && key === "metadata" && value) {
      this.tell({ kind: "metadata", file: top.item.file, model: top.model, metadata: value });
    } else if (top.kind === "group" && key === "id") top.id = String(value);
  }

  _takeSource(top, source) {
    const name = source?.url ?? source?.filename ?? "";
    this.tell({ kind: "source", source: { index: top.index, type: source?.type ?? "", name, error: null } });
  }

  _leave(top, at) {
    this.stack.pop();
    this.at = at + 1;
    if (!this.stack.length) this.over = true;
    if (top.kind === "rows" && top.reader?.count && "id" in top.group) this._flush(top);
    // A group whose id came after its predictions.
    if (top.kind === "rows" && !("id" in top.group)) top.group.rows = top;
    if (top.kind === "group" && top.rows?.reader?.count) {
      top.id ??= "unknown";
      this._flush(top.rows);
    }
  }

  _text(from, to) {
    return this.decoder.decode(this.bytes.subarray(from, to));
  }
}
