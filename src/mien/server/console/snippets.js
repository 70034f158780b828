/**
 * Writes a request as programs that run as pasted: JSON, cURL, and the Python and TypeScript SDKs.
 *
 * @module snippets
 */

/**
 * @typedef {object} Subject
 * @property {object} request as on the wire
 * @property {Array<{name: string, folder: string|null}>} files uploads by name; of a packed folder also its name
 * @property {string[]} tags
 * @property {string} base the server's address, "http://localhost:8004"
 * @property {string|null} key null on a server that asks for none
 */

/** The SDKs want a key even where the server does not. */
const NO_KEY = "none";
/** An hour: the SDK's own helper gives up after five minutes. */
const PATIENCE_SECONDS = 3600;
const INDENT = "  ";

/** What can be written, in the order of the tabs. */
export const LANGUAGES = [
  { id: "json", title: "JSON", write: asJson },
  { id: "curl", title: "cURL", write: asCurl },
  { id: "python", title: "Python SDK", write: asPython },
  { id: "typescript", title: "TypeScript SDK", write: asTypeScript },
];

/** Writes the request's body; of a form it is the part `json`. @param {Subject} subject */
export function asJson({ request }) {
  return JSON.stringify(request, null, 2);
}

/** Writes a command for a POSIX shell. @param {Subject} subject */
export function asCurl({ request, files, tags, base, key }) {
  const lines = [`curl ${quoted(`${base}/v0/batch/jobs`)}`];
  if (key) lines.push(`-H ${quoted(`X-Hume-Api-Key: ${key}`)}`);
  if (fitHeader(tags)) lines.push(`-H ${quoted(`Mien-Tags: ${tags.join(", ")}`)}`);
  if (files.length) lines.push("-F 'json=<-'", ...files.map(({ name }) => `-F ${quoted(`file=@${formName(name)}`)}`));
  else lines.push("-H 'Content-Type: application/json'", "-d @-");
  const command = `${lines.join(` \\\n${INDENT}`)} <<'JSON'\n${asJson({ request })}\nJSON`;
  return [...notes(files, tags, "#"), command].join("\n");
}

/** Writes a script for Python 3 with the former SDK, `hume<0.14`. @param {Subject} subject */
export function asPython({ request, files, tags, base, key }) {
  const types = [files.length ? "InferenceBaseRequest" : null, ...pythonTypes(request)].filter(Boolean).sort();
  const options = fitHeader(tags)
    ? [["request_options", `{"additional_headers": {"Mien-Tags": ${JSON.stringify(tags.join(", "))}}}`]]
    : [];
  const given = Object.entries(request).map(([name, value]) => [
    name,
    pythonArgument(name, value, files.length ? 2 : 1),
  ]);
  const call = files.length
    ? called("batch.start_inference_job_from_local_file", [
        [
          "file",
          listed(
            files.map(({ name }) => `open(${JSON.stringify(name)}, "rb")`),
            1,
          ),
        ],
        ["json", called("InferenceBaseRequest", given, 1)],
        ...options,
      ])
    : called("batch.start_inference_job", [...given, ...options]);
  return [
    `# pip install "hume<0.14"`,
    ...notes(files, tags, "#"),
    "import time",
    "",
    "from hume import HumeClient",
    ...(types.length ? [`from hume.expression_measurement.batch.types import ${types.join(", ")}`] : []),
    "",
    `client = HumeClient(api_key=${JSON.stringify(key ?? NO_KEY)}, base_url=${JSON.stringify(base)})`,
    "batch = client.expression_measurement.batch",
    "",
    `job_id = ${call}`,
    `while (job := batch.get_job_details(job_id)).state.status in ("QUEUED", "IN_PROGRESS"):`,
    "    time.sleep(1)",
    "for source in batch.get_job_predictions(job_id):",
    "    print(source.json())",
  ].join("\n");
}

/** Writes a module for Node with the former SDK, `hume@0.15`. @param {Subject} subject */
export function asTypeScript({ request, files, tags, base, key }) {
  const body = camelCased(request);
  const argument = files.length
    ? `{\n${INDENT}file: ${listed(
        files.map(({ name }) => `createReadStream(${JSON.stringify(name)})`),
        1,
        INDENT,
      )},\n${INDENT}json: ${literal(body, 1)},\n}`
    : literal(body, 0);
  const options = fitHeader(tags) ? `, { headers: { "Mien-Tags": ${JSON.stringify(tags.join(", "))} } }` : "";
  const method = files.length ? "startInferenceJobFromLocalFile" : "startInferenceJob";
  return [
    "// npm install hume@0.15",
    ...notes(files, tags, "//"),
    ...(files.length ? [`import { createReadStream } from "node:fs";`] : []),
    `import { HumeClient } from "hume";`,
    "",
    `const client = new HumeClient({ apiKey: ${JSON.stringify(key ?? NO_KEY)}, environment: ${JSON.stringify(base)} });`,
    "const batch = client.expressionMeasurement.batch;",
    "",
    `const job = await batch.${method}(${argument}${options});`,
    `await job.awaitCompletion(${PATIENCE_SECONDS});`,
    "console.log(JSON.stringify(await batch.getJobPredictions(job.jobId), null, 2));",
    "process.exit(0);",
  ].join("\n");
}

/** Tells whether there are tags that a header can carry: it takes plain Latin letters only. */
export function fitHeader(tags) {
  return tags.length > 0 && tags.every((tag) => /^[\x20-\x7e]*$/.test(tag));
}

/** Says what is to be done beside the program: packing folders where they lie, and tags that no header carries. */
function notes(files, tags, comment) {
  const packed = files
    .filter(({ folder }) => folder)
    .map(({ name, folder }) => `${comment} ${name} is the folder: zip -r ${quoted(name)} ${quoted(folder)}`);
  if (!tags.length || fitHeader(tags)) return packed;
  return [...packed, `${comment} Then PUT ${JSON.stringify(tags)} to /v0/mien/jobs/JOB_ID/tags`];
}

/** Quotes a word for a POSIX shell. */
function quoted(word) {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Quotes a file name for curl, which reads `,` and `;` as its own. */
function formName(name) {
  return /[",;\\]/.test(name) ? `"${name.replace(/(["\\])/g, "\\$1")}"` : name;
}

/** Gives the SDK's classes that a request needs. */
function pythonTypes({ models, transcription }) {
  const named = Object.entries(models ?? {})
    .map(([name, options]) => classOf(name, options))
    .filter(Boolean);
  if (models?.prosody?.window) named.push("Window");
  if (transcription) named.push("Transcription");
  return models ? ["Models", ...named] : named;
}

/** Gives the class of a model's options; those without options are plain objects in the SDK. */
function classOf(name, options) {
  return options && { face: "Face", prosody: "Prosody", language: "Language", ner: "Ner" }[name];
}

function pythonArgument(name, value, depth) {
  if (name === "models") {
    return called(
      "Models",
      Object.entries(value).map(([model, options]) => [model, pythonOptions(classOf(model, options), options)]),
      depth,
    );
  }
  if (name === "transcription" && value) return pythonOptions("Transcription", value);
  return Array.isArray(value) ? listed(value.map(python), depth) : python(value);
}

function pythonOptions(type, options) {
  if (!type) return python(options);
  const given = Object.entries(options).map(
    ([name, value]) => `${name}=${name === "window" && value ? pythonOptions("Window", value) : python(value)}`,
  );
  return `${type}(${given.join(", ")})`;
}

/** Writes a value as Python reads it; texts are written alike in JSON and in Python. */
function python(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object")
    return `{${Object.entries(value)
      .map(([name, entry]) => `${JSON.stringify(name)}: ${python(entry)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
}

/** Writes a call, an argument a line. */
function called(name, given, depth = 0) {
  if (!given.length) return `${name}()`;
  const indent = "    ".repeat(depth + 1);
  return `${name}(\n${given.map(([argument, value]) => `${indent}${argument}=${value},\n`).join("")}${"    ".repeat(depth)})`;
}

/** Writes a list, an entry a line where there are several. */
function listed(entries, depth, indent = "    ") {
  if (entries.length < 2) return `[${entries.join(", ")}]`;
  return `[\n${entries.map((entry) => `${indent.repeat(depth + 1)}${entry},\n`).join("")}${indent.repeat(depth)}]`;
}

/** Names everything as the TypeScript SDK does: `fps_pred` → `fpsPred`. */
function camelCased(value) {
  if (Array.isArray(value)) return value.map(camelCased);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [
      name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()),
      camelCased(entry),
    ]),
  );
}

/** Writes a value as an object literal, names without quotes where they need none. */
function literal(value, depth) {
  const indent = INDENT.repeat(depth + 1);
  const end = INDENT.repeat(depth);
  if (Array.isArray(value))
    return listed(
      value.map((entry) => literal(entry, depth + 1)),
      depth,
      INDENT,
    );
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value);
  if (!entries.length) return "{}";
  return `{\n${entries.map(([name, entry]) => `${indent}${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}: ${literal(entry, depth + 1)},\n`).join("")}${end}}`;
}
