/**
 * Does what can be done to a job: stop it, forget it, run it again.
 *
 * @module job_actions
 */

import { confirmed } from "./dialogs.js";
import { h, icon } from "./dom.js";
import { isActive } from "./job_states.js";
import { jobTitle } from "./words.js";

/**
 * Stops a job after asking.
 *
 * @returns {Promise<object|null>} the job as it is then; null when it was not wanted, or failed and was told
 */
export async function cancelJob({ api, toast }, job) {
  const sure = await confirmed({
    title: "Stop this job?",
    text: `${jobTitle(job.request)} will end as failed; what was measured so far is dropped.`,
    action: "Stop the job",
  });
  if (!sure) return null;
  return attempt(toast, async () => {
    const answer = await api.post(`/v0/mien/jobs/${job.job_id}/cancel`);
    toast("The job is being stopped.");
    return answer;
  });
}

/**
 * Forgets a job after asking, and its files in this browser.
 *
 * @returns {Promise<boolean>} whether it is gone
 */
export async function deleteJob({ api, toast, store }, job) {
  const sure = await confirmed({
    title: "Delete this job?",
    text: `${jobTitle(job.request)}: its results are removed from the server, and its files from this browser. This cannot be undone.`,
    action: "Delete the job",
  });
  if (!sure) return false;
  const gone = await attempt(toast, async () => {
    await api.del(`/v0/mien/jobs/${job.job_id}`);
    await store.forget(job.job_id);
    toast("The job was deleted.", "good");
    return true;
  });
  return gone === true;
}

/** Gives the address that runs a job again. */
export function againHash(job) {
  return `#/new?from=${job.job_id}`;
}

/**
 * Draws the buttons for a job.
 *
 * @param {object} job
 * @param {{onCancel: () => void, onDelete: () => void, mayWrite: boolean, small?: boolean}} given small ones show icons alone
 * @returns {Node[]}
 */
export function actionButtons(job, { onCancel, onDelete, mayWrite, small = false }) {
  if (!mayWrite) return [];
  const name = jobTitle(job.request);
  const words = (text) => (small ? null : h("span", null, text));
  const shape = (more) => ["button", small && "quiet small icon-only", more];
  const label = (verb) => (small ? { "aria-label": `${verb} ${name}`, title: verb } : {});
  return [
    isActive(job)
      ? h(
          "button",
          { type: "button", class: shape(), on: { click: onCancel }, ...label("Stop") },
          icon("stop"),
          words("Stop"),
        )
      : null,
    h("a", { class: shape(), href: againHash(job), ...label("Run again") }, icon("again"), words("Run again")),
    h(
      "button",
      { type: "button", class: shape(!small && "quiet danger"), on: { click: onDelete }, ...label("Delete") },
      icon("delete"),
      words("Delete"),
    ),
  ];
}

async function attempt(toast, act) {
  try {
    return await act();
  } catch (error) {
    toast(error.message, "bad");
    return null;
  }
}
