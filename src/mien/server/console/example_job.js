/**
 * Starts the example: the sample media that lie on the server, and a paragraph.
 *
 * @module example_job
 */

import { newIdempotencyKey } from "./sending.js";

/** @typedef {{name: string, content_type: string, bytes: number, licence: string|null}} Sample */

const PARAGRAPH =
  "Grace Hopper explained a nanosecond with a piece of wire, and the whole room laughed with delight. " +
  "I miss those lectures terribly. What would she say today? Please send the report to Washington by noon.";

/** Everything that can be measured, so that every view has something to show. */
const MODELS = {
  face: { facs: {}, descriptions: {}, identify_faces: true },
  facemesh: {},
  prosody: { identify_speakers: true },
  burst: {},
  language: { sentiment: {}, toxicity: {}, identify_speakers: true },
  ner: {},
};

/** Lists the sample media; empty when the server has none. @returns {Promise<Sample[]>} */
export function listSamples(api) {
  return api.get("/v0/mien/samples");
}

/** Fetches one of the sample media. @returns {Promise<File>} */
export async function fetchSample(api, { name, content_type: type }, signal) {
  const response = await api.raw(`/v0/mien/samples/${encodeURIComponent(name)}`, { signal });
  return new File([await response.blob()], name, { type });
}

/**
 * Starts the example job and keeps its media in this browser.
 *
 * @param {{api: import("./api.js").Api, store: import("./results/media_store.js").MediaStore}} context
 * @param {Sample[]} samples
 * @param {(words: string) => void} tell
 * @returns {Promise<string>} the job's id
 */
export async function startExample({ api, store }, samples, tell) {
  tell("Fetching the sample media…");
  const files = await Promise.all(samples.map((sample) => fetchSample(api, sample)));
  const form = new FormData();
  form.append("json", JSON.stringify({ models: MODELS, text: [PARAGRAPH] }));
  for (const file of files) form.append("file", file, file.name);
  tell("Starting the job…");
  const headers = { "Mien-Tags": "example", "Idempotency-Key": newIdempotencyKey() };
  const { job_id: job } = await api.upload("/v0/batch/jobs", form, { headers });
  await store.keep(job, files);
  return job;
}
