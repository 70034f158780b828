/** Finds the photograph, recording or text a result is about: kept by this browser, inside a kept zip, or asked for. */
import { h } from "../dom.js";
import { baseName } from "./naming.js";
import { membersOf, streamOf } from "./zip.js";

const TYPES = {
  mp4: "video/mp4", m4v: "video/mp4", mov: "video/mp4", webm: "video/webm", mkv: "video/x-matroska", mp3: "audio/mpeg", wav: "audio/wav",
  flac: "audio/flac", ogg: "audio/ogg", opus: "audio/ogg", m4a: "audio/mp4", aac: "audio/aac", jpg: "image/jpeg", jpeg: "image/jpeg",
  png: "image/png", webp: "image/webp", gif: "image/gif", bmp: "image/bmp", avif: "image/avif", txt: "text/plain",
};

/** Finds the media of one job, or of an opened old result. */
export class Footage {
  /**
   * @param {import("./model.js").Results} results
   * @param {{store: import("./media_store.js").MediaStore, jobId?: string, api?: object, toast: Function, others?: File[]}} context
   *   `others` are files that came together with an opened result
   */
  constructor(results, { store, jobId = null, api = null, toast, others = [] }) {
    Object.assign(this, { results, store, jobId, api, toast, others });
    /** What was given on this page, by file. */
    this.given = new Map();
    this.zips = new Map();
  }

  /**
   * Finds the media of a file.
   * @param {import("./model.js").MeasuredFile} file
   * @returns {Promise<Blob|null>} null when this browser does not have it
   */
  async of(file) {
    if (this.given.has(file)) return this.given.get(file);
    const beside = this.others.find(({ name }) => name === baseName(file.name));
    if (beside) return typed(beside, file.name);
    if (!this.jobId) return null;
    const source = this.results.sources[file.source];
    if (source?.type === "text") return this._text(file);
    const place = this._place(source);
    const found = await this.store.find(this.jobId, file.name, isWhole(source, file) ? place : -1);
    const blob = found ?? (isWhole(source, file) ? null : await this._member(source, place, file));
    return blob && typed(blob, file.name);
  }

  /** Counts the uploads before this one: they are kept in that order. */
  _place(source) {
    return this.results.sources.filter(({ type }) => type === "file").indexOf(source);
  }

  async _member(source, place, file) {
    const archive = source && (await this.store.find(this.jobId, baseName(source.name), place));
    if (!archive) return null;
    if (!this.zips.has(source)) this.zips.set(source, membersOf(archive, source.name).catch(() => []));
    const member = (await this.zips.get(source)).find(({ name }) => name === file.name);
    return member ? new Response(await streamOf(archive, member, source.name)).blob() : null;
  }

  async _text(file) {
    this.job ??= this.api.get(`/v0/batch/jobs/${this.jobId}`);
    const text = (await this.job).request.text[Number(file.name) - 1];
    return text === undefined ? null : new Blob([text], { type: "text/plain" });
  }

  /**
   * Lets somebody give files, and takes those whose names fit the results; a single one is taken for the file asked for.
   * @param {import("./model.js").MeasuredFile} file
   * @returns {Promise<Blob|null>} null when nothing was given
   */
  async ask(file) {
    return this.take(file, await picked(file));
  }

  /**
   * Takes files that somebody gave or dropped.
   * @param {import("./model.js").MeasuredFile} file the one asked for
   * @param {File[]} given
   * @returns {Promise<Blob|null>}
   */
  async take(file, given) {
    const source = this.results.sources[file.source];
    for (const one of given) {
      const named = this.results.files.filter(({ name }) => baseName(name) === one.name);
      for (const fit of named) await this._keep(fit, one);
      if (this.jobId && source && one.name === baseName(source.name) && !isWhole(source, file)) {
        await this.store.give(this.jobId, one.name, one);
        this.zips.delete(source);
      }
    }
    if (given.length === 1 && !(await this.of(file))) {
      await this._keep(file, given[0]);
      this.toast(`${given[0].name} is shown for ${baseName(file.name)}, though its name differs.`);
    }
    return given.length ? this.of(file) : null;
  }

  /** Takes those of some files whose names fit the results; what was dropped together is shown together. @param {File[]} files */
  offer(files) {
    for (const one of files) {
      for (const file of this.results.files.filter(({ name }) => baseName(name) === one.name)) this.given.set(file, typed(one, file.name));
    }
  }

  async _keep(file, blob) {
    this.given.set(file, typed(blob, file.name));
    if (this.jobId) await this.store.give(this.jobId, file.name, blob);
  }
}

function isWhole(source, file) {
  return !source || baseName(source.name) === file.name || source.name === file.name;
}

/** Says what kind of file it is where that is not known: a player does not look. */
function typed(blob, name) {
  if (blob.type && blob.type !== "application/octet-stream") return blob;
  const type = TYPES[name.split(".").at(-1).toLowerCase()];
  return type ? blob.slice(0, blob.size, type) : blob;
}

function picked(file) {
  return new Promise((resolve) => {
    const kind = file.type.split("_")[0];
    const accept = ["image", "video", "audio"].includes(kind) ? `${kind}/*,.zip` : "";
    const input = h("input", { type: "file", multiple: true, accept, hidden: true });
    const finish = () => {
      resolve([...input.files]);
      input.remove();
    };
    input.addEventListener("change", finish);
    input.addEventListener("cancel", finish);
    document.body.append(input);
    input.click();
  });
}
