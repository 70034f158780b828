/**
 * Read results that lie in a file: a predictions array, the body of a callback, or a zip of artifacts.
 *
 * Also those the former hosted service gave; the same files that `mien convert` reads. Every complaint names the file.
 */

import { MeasuredFile, Results, tableFrom } from "./model.js";
import { fillTable } from "./old_tables.js";
import { readResults } from "./reader.js";
import { UnreadableFile, isZip, membersOf, streamOf } from "./zip.js";

/** From this size on an array is read as it streams in. */
const STREAMED_BYTES = 16 * 1024 ** 2;
/** The longest JSON file that is read as one, in bytes; what is longer does not fit into one text of a browser. */
export const MAX_JSON_BYTES = 480 * 1024 ** 2;
/** How much the tables of a zip may hold together, in bytes. */
export const MAX_TABLE_BYTES = 2 * 1024 ** 3;
const NO_ARRAY = "is JSON, but no predictions array: elements need a source and results or an error";
const PICTURES = /\.(jpe?g|png|webp|gif|bmp|tiff?|heic|heif|avif)$/i;
const FILMS = /\.(mp4|mov|m4v|webm|mkv|avi|mpe?g|wmv|3gp|ts)$/i;
const SOUNDS = /\.(wav|mp3|flac|ogg|opus|m4a|aac|aiff?|wma|amr)$/i;

/**
 * Read a file of results; the answer grows while a zip is read, and says when it is done.
 * @param {Blob} blob
 * @param {string} name what the errors call it
 * @returns {Promise<Results>}
 * @throws {UnreadableFile} at once for what is no result; what breaks off later ends the results with that error
 */
export async function readOld(blob, name) {
  if (blob.size === 0) throw new UnreadableFile(name, "is empty");
  if (blob.size > STREAMED_BYTES && /^\uFEFF?\s*\[/.test(await blob.slice(0, 256).text())) return streamed(blob, name);
  return (await isZip(blob)) ? fromZip(blob, name) : fromPredictions(await readJson(blob, name), name);
}

async function streamed(blob, name) {
  const results = readResults(new Response(blob));
  results.addEventListener("done", () => { if (results.error) results.error = new UnreadableFile(name, results.error.message); }, { once: true });
  await new Promise((begun) => results.addEventListener("grow", begun, { once: true }));
  if (results.error && !results.files.length) throw results.error;
  if (results.done && !results.sources.length) throw new UnreadableFile(name, NO_ARRAY);
  return results;
}

async function readJson(blob, name) {
  if (blob.size > MAX_JSON_BYTES) {
    throw new UnreadableFile(name, `holds ${megabytes(blob.size)}; the limit for JSON is ${megabytes(MAX_JSON_BYTES)}`);
  }
  const text = decoded(new Uint8Array(await blob.arrayBuffer()), name);
  try {
    return JSON.parse(text);
  } catch (error) {
    try {
      return JSON.parse(withoutNaN(text));
    } catch {
      throw new UnreadableFile(name, `is neither JSON nor a zip of artifacts: ${error.message}`);
    }
  }
}

function decoded(bytes, name) {
  const marks = { "255,254": "utf-16le", "254,255": "utf-16be" };
  const coding = marks[bytes.subarray(0, 2).join()] ?? "utf-8";
  try {
    return new TextDecoder(coding, { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableFile(name, "is neither JSON nor a zip of artifacts: it is no text in UTF-8");
  }
}

/** Python writes NaN and Infinity, which JSON does not have; they become null, texts stay as they are. */
function withoutNaN(text) {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) => (found[0] === '"' ? found : "null"));
}

/**
 * Lay out a predictions array or the body of a callback.
 * @param {any} told
 * @param {string} name
 * @returns {Results} done
 * @throws {UnreadableFile} saying which element is not as it should be
 */
export function fromPredictions(told, name) {
  const elements = isObject(told) ? told.predictions : told;
  if (!Array.isArray(elements)) throw new UnreadableFile(name, NO_ARRAY);
  const results = new Results();
  elements.forEach((element, index) => {
    if (!isObject(element) || !isObject(element.source) || !("results" in element || "error" in element)) {
      throw new UnreadableFile(name, `${NO_ARRAY} (element ${index + 1} has not)`);
    }
    const { source, error } = element;
    const called = String(source.filename || source.url || source.type);
    results.sources.push({ index, type: String(source.type), name: called, error: error ? String(error) : null });
    addFiles(results, element.results, index, name);
  });
  results.finish();
  return results;
}

function addFiles(results, measured, index, name) {
  if (measured === null || measured === undefined) return;
  const wrong = (what) => new UnreadableFile(name, `element ${index + 1}: ${what}`);
  for (const item of listOf(measured.predictions, "results.predictions", wrong)) {
    if (!isObject(item) || !isObject(item.models)) throw wrong("a file of it has no models");
    const type = typeof item.file_type === "string" ? item.file_type : typeOf(String(item.file), Object.keys(item.models));
    const file = new MeasuredFile(index, String(item.file), type);
    for (const [model, result] of Object.entries(item.models)) {
      if (result === null) continue;
      file.tables.set(model, tableOf(model, result, file.name, wrong));
    }
    results.files.push(file);
  }
  for (const problem of listOf(measured.errors, "results.errors", wrong)) addProblem(results, problem, index);
}

function addProblem(results, problem, index) {
  const called = String(problem?.file ?? "");
  let file = results.files.find((one) => one.source === index && one.name === called);
  if (!file) {
    file = new MeasuredFile(index, called || results.sources[index].name, typeOf(called, []));
    results.files.push(file);
  }
  file.errors.push(String(problem?.message ?? "no reason given"));
}

function tableOf(model, result, file, wrong) {
  const groups = listOf(result?.grouped_predictions, `${file}: ${model}.grouped_predictions`, wrong);
  for (const group of groups) {
    const rows = listOf(group?.predictions, `${file}: ${model}: predictions of a group`, wrong);
    if (!rows.every(isObject)) throw wrong(`${file}: ${model}: a prediction is no object`);
  }
  try {
    const named = groups.map(({ id, predictions }) => ({ id: String(id ?? "unknown"), predictions }));
    return tableFrom(model, named, isObject(result.metadata) ? result.metadata : null);
  } catch (error) {
    throw wrong(`${file}: the predictions of ${model} cannot be laid out: ${error.message}`);
  }
}

function listOf(value, called, wrong) {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrong(`${called} is no list`);
  return value;
}

async function fromZip(blob, name) {
  const tables = [];
  for (const member of await membersOf(blob, name)) {
    const parts = member.name.split("/").filter((part) => part && part !== ".");
    const folder = parts.indexOf("csv");
    if (!member.name.endsWith(".csv") || folder < 0 || folder > parts.length - 3) continue;
    const file = parts.slice(folder + 1, -1).join("/");
    tables.push({ member, source: parts.slice(0, folder).join("/"), file, model: parts.at(-1).slice(0, -4) });
  }
  if (!tables.length) throw new UnreadableFile(name, "is a zip without tables (SOURCE/csv/FILE/MODEL.csv)");
  const bytes = tables.reduce((sum, { member }) => sum + member.size, 0);
  if (bytes > MAX_TABLE_BYTES) {
    throw new UnreadableFile(name, `its tables hold ${megabytes(bytes)}; the limit is ${megabytes(MAX_TABLE_BYTES)}`);
  }
  const results = new Results();
  for (const table of tables) table.into = placeOf(results, table, tables);
  // The first table is read before the answer, so that a damaged zip is refused and not shown as an empty result.
  await fill(blob, name, tables[0], results);
  fillAll(blob, name, tables.slice(1), results);
  return results;
}

async function fillAll(blob, name, tables, results) {
  try {
    for (const table of tables) await fill(blob, name, table, results);
    results.finish();
  } catch (error) {
    results.finish(error);
  }
}

async function fill(blob, name, { member, into, model }, results) {
  const stream = await streamOf(blob, member, name);
  try {
    await fillTable(into.tableOf(model), stream, `${name}: ${member.name}`, () => results.grew());
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    throw new UnreadableFile(`${name}: ${member.name}`, `cannot be laid out: ${error.message}`);
  }
}

function placeOf(results, { source, file }, tables) {
  let index = results.sources.findIndex((one) => one.folder === source);
  if (index < 0) {
    index = results.sources.length;
    const [, type, called] = /(?:^|\/)(url|file|text)-\d+-?([^/]*)$/.exec(source) ?? [null, "file", source];
    results.sources.push({ index, type, name: called || type, error: null, folder: source });
  }
  const found = results.files.find((one) => one.source === index && one.name === file);
  if (found) return found;
  const models = tables.filter((one) => one.source === source && one.file === file).map((one) => one.model);
  const type = results.sources[index].type === "text" ? "text" : typeOf(file, models);
  const measured = new MeasuredFile(index, file, type);
  results.files.push(measured);
  return measured;
}

/** Guess what kind of file it was, by its name and by the models that looked at it. */
function typeOf(file, models) {
  if (PICTURES.test(file)) return "image";
  if (FILMS.test(file)) return "video";
  if (SOUNDS.test(file)) return "audio";
  if (models.includes("face")) return "video";
  if (models.includes("prosody") || models.includes("burst")) return "audio";
  return models.includes("facemesh") ? "image" : "text";
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function megabytes(bytes) {
  return `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
}
