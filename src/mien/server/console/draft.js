/**
 * Holds a request while somebody writes it: sources, models, options.
 *
 * @module draft
 */

import { LIMITS, MODELS, TRANSCRIPTION, isDefault } from "./options.js";

/**
 * @typedef {object} Upload one part `file` of the form
 * @property {string} name as it is sent
 * @property {number} size bytes, for a folder those of its files
 * @property {Blob|null} file null while it is still to be given (run again)
 * @property {Array<{path: string, file: File}>|null} members of a folder, which is packed into a zip when it is sent
 */

/** Fires 'change' whenever anything of the request changes. */
export class Draft extends EventTarget {
  constructor() {
    super();
    /** @type {Upload[]} */ this.uploads = [];
    /** @type {string[]} */ this.urls = [];
    /** @type {string[]} */ this.texts = [];
    this.models = new Set(MODELS.map((model) => model.name));
    /** What was set on each model, defaults left out or not. @type {Record<string, Record<string, any>>} */
    this.options = {};
    this.transcribes = true;
    /** @type {Record<string, any>} */ this.transcription = {};
    this.callbackUrl = "";
    this.notify = false;
    /** @type {string[]} */ this.tags = [];
  }

  /** Changes the request and tells everybody who looks at it. */
  change(how) {
    how(this);
    this.dispatchEvent(new Event("change"));
  }

  /** Adds uploads; one that is still missing takes a file of its own name. */
  add(uploads) {
    this.change(() => {
      for (const upload of uploads) {
        const missing = this.uploads.findIndex((other) => !other.file && !other.members && other.name === upload.name);
        if (missing >= 0) this.uploads[missing] = upload;
        else this.uploads.push(upload);
      }
    });
  }

  /** Gives the texts that say something. */
  get saidTexts() {
    return this.texts.filter((text) => text.trim());
  }

  /** Gives the request as JSON, with what differs from the contract's defaults and no more. */
  get request() {
    const request = {};
    if (this.urls.length) request.urls = [...this.urls];
    if (this.saidTexts.length) request.text = this.saidTexts;
    const models = this.#namedModels;
    if (models) request.models = models;
    const transcription = changed(TRANSCRIPTION, this.transcription);
    if (!this.transcribes) request.transcription = null;
    else if (Object.keys(transcription).length) request.transcription = transcription;
    if (this.callbackUrl.trim()) request.callback_url = this.callbackUrl.trim();
    if (this.notify) request.notify = true;
    return request;
  }

  /** Gives the models with what was set on them; null when all run as they are, which need not be said. */
  get #namedModels() {
    const models = {};
    for (const { name, options } of MODELS)
      if (this.models.has(name)) models[name] = changed(options, this.options[name]);
    for (const name of this.models) models[name] ??= this.options[name] ?? {};
    const names = Object.keys(models);
    const plain =
      names.length === MODELS.length && MODELS.every(({ name }) => models[name] && !Object.keys(models[name]).length);
    return plain ? null : models;
  }

  /** Lists what keeps the request from being sent, in words; empty when it can go. */
  get obstacles() {
    return [...this.#sourceObstacles(), ...this.#limitObstacles()];
  }

  #sourceObstacles() {
    const found = [];
    if (!this.uploads.length && !this.urls.length && !this.saidTexts.length) found.push("Add a file, a URL or a text.");
    if (!this.models.size) found.push("Choose at least one model.");
    const missing = this.uploads.filter((upload) => !upload.file && !upload.members);
    if (missing.length === 1) found.push(`Choose ${missing[0].name} again; the server removed it when the job ended.`);
    if (missing.length > 1)
      found.push(
        `Choose the ${missing.length} files again, all at once if you like; the server removed them when the job ended.`,
      );
    return found;
  }

  #limitObstacles() {
    const found = [];
    for (const [many, limit, noun] of [
      [this.uploads, LIMITS.files, "files"],
      [this.urls, LIMITS.urls, "URLs"],
      [this.saidTexts, LIMITS.texts, "texts"],
    ]) {
      if (many.length > limit)
        found.push(
          `A request takes ${limit} ${noun}, these are ${many.length}. Put files into a folder or an archive.`,
        );
    }
    for (const upload of this.uploads) {
      const largest = upload.members ? Math.max(0, ...upload.members.map(({ file }) => file.size)) : upload.size;
      if (largest > LIMITS.fileBytes)
        found.push(`${upload.name} is over the 100 MB that an upload may have. Give it as a URL, or shorten it.`);
    }
    return found;
  }
}

function changed(options, values = {}) {
  return Object.fromEntries(
    options
      .filter((option) => !isDefault(option, values[option.name]))
      .map((option) => [option.name, values[option.name]]),
  );
}

/**
 * Fills a draft with the request of a job that was, to run it again.
 *
 * @param {Draft} draft
 * @param {object} job with tags
 */
export function fillFrom(draft, job) {
  const { request, tags = [] } = job;
  draft.change(() => {
    draft.urls = [...(request.urls ?? [])];
    draft.texts = [...(request.text ?? [])];
    const named = Object.entries(request.models ?? {}).filter(([, options]) => options);
    draft.models = new Set(named.map(([name]) => name));
    draft.options = Object.fromEntries(named.map(([name, options]) => [name, { ...options }]));
    // A job that said nothing of transcription has no such key; null means that it was turned off.
    draft.transcribes = request.transcription !== null;
    draft.transcription = { ...(request.transcription ?? {}) };
    draft.callbackUrl = request.callback_url ?? "";
    draft.notify = Boolean(request.notify);
    draft.tags = [...tags];
  });
}
