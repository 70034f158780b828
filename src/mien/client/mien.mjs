// Ask a server of mien as the former TypeScript SDK did, with the same method names. One file without dependencies, for
// Node 18 and later and for browsers: copy it into your project.
//
//   import { MienClient } from "./mien.mjs";
//   const client = new MienClient({ apiKey: "mien_…", baseUrl: "http://127.0.0.1:8004" });
//   const job = await client.expressionMeasurement.batch.startInferenceJob({ urls: ["https://…"], models: { face: {} } });
//   await job.awaitCompletion();

const JOBS = "/v0/batch/jobs";
const RETRIES = 2;
const POLL_MS = 1000;
const FINAL = ["COMPLETED", "FAILED"];

/** Say why a server refused: `statusCode`, and `body` with its `message`. */
export class MienError extends Error {
  constructor(statusCode, body) {
    super(`HTTP ${statusCode}: ${body?.message ?? body}`);
    this.name = "MienError";
    this.statusCode = statusCode;
    this.body = body;
  }
}

/** Open the door to a server; `environment` and `baseUrl` mean the same, `accessToken` is sent as a bearer token. */
export class MienClient {
  constructor({ apiKey, accessToken, baseUrl, environment } = {}) {
    const address = baseUrl ?? environment ?? "http://127.0.0.1:8004";
    const headers = {};
    if (apiKey) headers["X-Hume-Api-Key"] = apiKey;
    if (accessToken) headers["Authorization"] = `Bearer ${accessToken}`;
    this.expressionMeasurement = { batch: new Batch(address.replace(/\/+$/, ""), headers) };
  }
}

/** Speak the batch API. Property names are camelCase here and snake_case on the wire. */
class Batch {
  constructor(address, headers) {
    this.address = address;
    this.headers = headers;
  }

  /** Start a job from URLs and texts. */
  async startInferenceJob(request = {}) {
    const headers = { "Content-Type": "application/json" };
    return this.#job(await this.#json("POST", JOBS, { body: JSON.stringify(onTheWire(request)), headers }));
  }

  /** Start a job from files: Blobs, File objects, streams of Node, or `{ data, filename, contentType }`. */
  async startInferenceJobFromLocalFile({ file, json = {} }) {
    const form = new FormData();
    form.append("json", JSON.stringify(onTheWire(json)));
    for (const one of file) {
      const [blob, name] = await upload(one);
      form.append("file", blob, name);
    }
    return this.#job(await this.#json("POST", JOBS, { body: form }));
  }

  /** Return a job: its request with every default, and its state. */
  async getJobDetails(id) {
    return inScript(await this.#json("GET", `${JOBS}/${id}`));
  }

  /** Return jobs, newest first unless asked otherwise. */
  async listJobs(query = {}) {
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(onTheWire(query))) {
      for (const one of [value].flat()) if (one != null) asked.append(name, one);
    }
    return inScript(await this.#json("GET", asked.toString() ? `${JOBS}?${asked}` : JOBS));
  }

  /** Return the predictions of a completed job, one element per source. */
  async getJobPredictions(id) {
    return inScript(await this.#json("GET", `${JOBS}/${id}/predictions`));
  }

  /** Return the zip of a completed job as a Response: `.arrayBuffer()`, `.blob()`, `.body`. */
  async getJobArtifacts(id) {
    return this.#send("GET", `${JOBS}/${id}/artifacts`);
  }

  #job(answer) {
    const jobId = answer.job_id;
    return { jobId, awaitCompletion: (timeoutInSeconds = 300) => this.#ended(jobId, timeoutInSeconds) };
  }

  async #ended(id, timeoutInSeconds) {
    const deadline = Date.now() + timeoutInSeconds * 1000;
    while (!FINAL.includes((await this.getJobDetails(id)).state.status)) {
      if (Date.now() > deadline) throw new Error(`job ${id} has not ended after ${timeoutInSeconds} s`);
      await pause(POLL_MS);
    }
  }

  async #json(method, path, request) {
    return (await this.#send(method, path, request)).json();
  }

  /** Send a request; 408, 429 and 5xx are tried twice more, uploads are not. */
  async #send(method, path, { body, headers } = {}) {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await fetch(this.address + path, { method, body, headers: { ...this.headers, ...headers } });
      if (answer.ok) return answer;
      const mayHelp = [408, 429].includes(answer.status) || answer.status >= 500;
      if (!mayHelp || attempt === RETRIES || typeof body === "object") throw await refusal(answer);
      await pause(500 * 2 ** attempt);
    }
  }
}

async function refusal(answer) {
  const text = await answer.text();
  try {
    return new MienError(answer.status, JSON.parse(text));
  } catch {
    return new MienError(answer.status, text.slice(0, 200));
  }
}

async function upload(one) {
  if (one instanceof Blob) return [one, one.name ?? "blob"];
  if (one?.data !== undefined) {
    const blob = one.data instanceof Blob ? one.data : new Blob([await whole(one.data)], { type: one.contentType ?? "" });
    return [blob, one.filename ?? "blob"];
  }
  const name = typeof one?.path === "string" ? one.path.split(/[\\/]/).pop() : "blob";
  return [new Blob([await whole(one)]), name];
}

/** Return the bytes of a stream as a Blob; bytes and strings are left as they are. */
async function whole(data) {
  if (typeof data === "string" || data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return data;
  const chunks = [];
  for await (const chunk of data) chunks.push(chunk);
  return new Blob(chunks);
}

const onTheWire = (value) => renamed(value, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
const ALIKE = { md5sum: "md5Sum" };
const inScript = (value) =>
  renamed(value, (name) => ALIKE[name] ?? name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase()));

function renamed(value, rename) {
  if (Array.isArray(value)) return value.map((one) => renamed(one, rename));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [rename(name), renamed(one, rename)]));
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
