/** Puts what a stream of predictions tells into `Results`. */
import { MeasuredFile } from "./model.js";

/** Takes the findings of one stream, in their order. */
export class Gathering {
  /** @param {import("./model.js").Results} results */
  constructor(results) {
    this.results = results;
    /** The files by their number in the stream; the list in the results also has those that gave nothing but an error. */
    this.numbered = [];
  }

  /**
   * Puts one finding where it belongs.
   * @param {import("./stream.js").Finding} finding
   */
  add(finding) {
    const { results } = this;
    const file = this.numbered[finding.file];
    if (finding.kind === "rows") file.tableOf(finding.bunch.model).append(finding.bunch);
    else if (finding.kind === "model") file.tableOf(finding.model);
    else if (finding.kind === "metadata") file.tableOf(finding.model, finding.metadata);
    else if (finding.kind === "file") this._file(finding);
    else if (finding.kind === "source") this._source(finding.source);
    else if (finding.kind === "source error") results.sources[finding.index].error = finding.message;
    else if (finding.kind === "errors") this._errors(finding);
  }

  /** A source is told of when it begins, and again when its name is known; its error may come before. */
  _source(source) {
    const { sources } = this.results;
    const known = sources[source.index];
    sources[source.index] = known ? { ...source, error: known.error } : source;
  }

  _file({ file: number, source, name, type }) {
    let file = this.numbered[number];
    if (!file) {
      file = this.numbered[number] = new MeasuredFile(source, "", "");
      this.results.files.push(file);
    }
    if (name) file.name = name;
    if (type) file.type = type;
  }

  /** Errors name their file; one that gave nothing at all is listed with them alone, and has no type. */
  _errors({ source, errors }) {
    const byName = new Map();
    for (const file of this.results.files) if (file.source === source) byName.set(file.name, file);
    for (const { file: name, message } of errors) {
      let file = byName.get(name);
      if (!file) {
        file = new MeasuredFile(source, String(name ?? ""), "");
        byName.set(name, file);
        this.results.files.push(file);
      }
      file.errors.push(String(message));
    }
  }
}
