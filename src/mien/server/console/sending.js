/**
 * Sends a request: packs folders, uploads, and keeps the files in this browser so that results can show them.
 *
 * @module sending
 */

import { LIMITS } from "./options.js";
import { packFolder } from "./packing.js";
import { fitHeader } from "./snippets.js";

/**
 * Starts a job.
 *
 * @param {object} given
 * @param {import("./api.js").Api} given.api
 * @param {import("./results/media_store.js").MediaStore} given.store
 * @param {import("./draft.js").Draft} given.draft
 * @param {string} given.idempotencyKey the same for every attempt at one request, so that it starts one job
 * @param {(words: string, share: number|null) => void} given.tell share is 0…1
 * @param {AbortSignal} given.signal
 * @returns {Promise<string>} the job's id; throws ApiError and AbortError
 */
export async function startJob({ api, store, draft, idempotencyKey, tell, signal }) {
  const headers = { "Idempotency-Key": idempotencyKey };
  // A header carries Latin letters only; other tags are put on the job once it is there.
  const inHeader = fitHeader(draft.tags);
  if (inHeader) headers["Mien-Tags"] = draft.tags.join(", ");
  const files = await filesOf(draft, tell);
  const { job_id: job } = files.length
    ? await api.upload("/v0/batch/jobs", formOf(draft.request, files), {
        headers,
        signal,
        onProgress: (share) => tell("Sending the files", share),
      })
    : await api.post("/v0/batch/jobs", draft.request, { headers, signal });
  if (draft.tags.length && !inHeader) await api.put(`/v0/mien/jobs/${job}/tags`, draft.tags);
  if (files.length) {
    tell("Keeping the files in this browser", null);
    await store.keep(job, files);
  }
  return job;
}

/** Makes a name for one submission; `crypto.randomUUID` is not there on plain http. */
export function newIdempotencyKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function filesOf(draft, tell) {
  const files = [];
  for (const upload of draft.uploads) {
    if (!upload.members) {
      files.push(upload.file);
      continue;
    }
    tell(`Packing ${upload.name}`, null);
    files.push(...(await packFolder(upload.name, upload.members, LIMITS.fileBytes)));
  }
  return files;
}

function formOf(request, files) {
  const form = new FormData();
  form.append("json", JSON.stringify(request));
  for (const file of files) form.append("file", file, file.name);
  return form;
}
