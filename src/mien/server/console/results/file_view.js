/** Shows one file: what there is to see or hear of it, then its timelines, words and entities, then its rows. */
import { errorBox } from "../dialogs.js";
import { h, icon, replace } from "../dom.js";
import { audioView } from "./audio.js";
import { headsOf } from "./controls.js";
import { controlsView } from "./controls_view.js";
import { entitiesView } from "./entities.js";
import { languageView } from "./language.js";
import { baseName, kindIcon } from "./naming.js";
import { photoView } from "./photo.js";
import { rowsView } from "./rows_view.js";
import { Playhead } from "./series.js";
import { timelineView } from "./timeline.js";
import { videoView } from "./video.js";
import { wordsView } from "./words.js";

const some = (file, test) => [...file.tables.values()].some((table) => table.count > 0 && test(table));
const isFilm = ({ type }) => type === "video" || type === "video_no_audio";

/** The parts of a file's page in their order: when each is wanted, and what makes it. */
const PARTS = [
  { name: "controls", wanted: (file) => headsOf(file).length > 0, make: controlsView },
  { name: "photo", wanted: ({ type }) => type === "image", make: photoView },
  { name: "video", wanted: isFilm, make: videoView },
  { name: "audio", wanted: ({ type }) => type === "audio", make: audioView },
  { name: "timeline", title: "Over time", wanted: (file) => file.type !== "image" && some(file, (table) => table.timed),
    make: timelineView },
  { name: "words", wanted: (file) => some(file, (table) => table.text !== null), make: wordsView },
  { name: "language", wanted: (file) => some(file, ({ heads }) => heads.has("sentiment") || heads.has("toxicity")),
    make: languageView },
  { name: "entities", wanted: (file) => some(file, ({ model }) => model === "ner"),
    make: entitiesView },
  { name: "rows", title: "All predictions", closed: true, wanted: (file) => some(file, () => true),
    make: rowsView },
];

/** Composes the parts of one file and keeps them in step with what comes in and what is chosen. */
export class FileView {
  /**
   * @param {import("./model.js").MeasuredFile} file
   * @param {object} context of the page: results, chosen, toast, api, jobId, footage
   */
  constructor(file, context) {
    this.file = file;
    this.destroyed = false;
    this.view = {
      ...context,
      playhead: new Playhead(),
      media: (one) => context.footage.of(one),
      askMedia: (one) => context.footage.ask(one),
      takeMedia: (one, files) => context.footage.take(one, files),
    };
    this.parts = PARTS.map((part) => ({ ...part, place: null, made: null }));
    this.errors = h("div", { class: "stack tight" });
    this.body = h("div", { class: "stack loose" });
    this.element = h("article", { class: "file-view stack", "aria-label": baseName(file.name) }, this._head(), this.errors, this.body);
    this.refresh();
  }

  _head() {
    const { name, type } = this.file;
    const called = type === "text" && /^\d+$/.test(name) ? `Text ${name}` : name;
    return h("header", { class: "row file-head" }, icon(kindIcon(type)), h("h2", { class: "break grow" }, called));
  }

  /** Shows what has come since, and new parts as soon as there is something for them. */
  refresh() {
    this._showErrors();
    for (const part of this.parts) {
      if (part.place) part.made?.refresh();
      else if (part.wanted(this.file)) this._add(part);
    }
    const empty = this.view.results.done && !this.file.errors.length && !this.parts.some(({ place, name }) => place && name !== "photo" && name !== "video" && name !== "audio");
    if (empty && !this.note) this.body.append((this.note = nothingFound(this.file)));
  }

  _showErrors() {
    const { errors } = this.file;
    if (errors.length === this.errors.childElementCount) return;
    replace(this.errors, errors.map((message) => h("div", { class: "notice", dataset: { kind: "warn" } }, icon("alert"), h("p", { class: "break" }, message))));
  }

  _add(part) {
    const inside = h("div", { class: "part-body" });
    part.place = framed(part, inside, () => part.made ?? this._fill(part, inside));
    const next = this.parts.slice(this.parts.indexOf(part) + 1).find(({ place }) => place);
    this.body.insertBefore(part.place, next?.place ?? this.note ?? null);
    if (!part.closed) this._fill(part, inside);
  }

  _fill(part, inside) {
    try {
      part.made = part.make(this.file, this.view);
    } catch (error) {
      // One part that fails must not take the others with it.
      console.error(error);
      replace(inside, errorBox(error, () => this._fill(part, inside)));
      return;
    }
    replace(inside, part.made.element);
    // A view that measures its width can do so only when it stands in the page.
    if (this.element.isConnected) part.made.refresh();
  }

  destroy() {
    this.destroyed = true;
    for (const { made } of this.parts) made?.destroy();
  }
}

/** Puts a heading over a part; one that is closed at first is filled when it is opened. */
function framed(part, inside, fill) {
  if (part.closed) {
    return h("details", { class: ["part", `part-${part.name}`], on: { toggle: (event) => event.target.open && fill() } },
      h("summary", { class: "part-title" }, h("h3", null, part.title)), inside);
  }
  if (!part.title) return h("div", { class: ["part", `part-${part.name}`] }, inside);
  return h("section", { class: ["part", `part-${part.name}`], "aria-label": part.title }, h("h3", { class: "part-title" }, part.title), inside);
}

function nothingFound(file) {
  const text = file.type === "image" ? "No face was found in this picture, or none as sure and as large as the job asked for."
    : "Nothing was found that the chosen models could score.";
  return h("div", { class: "empty" }, icon("search"), h("h3", null, "Nothing to show"), h("p", null, text));
}
