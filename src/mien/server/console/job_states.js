/**
 * Knows how a job goes on: it waits, it runs, and once it has ended it stays as it is.
 *
 * @module job_states
 */

/** Tells whether a job still waits or runs. */
export function isActive(job) {
  return job.state.status === "QUEUED" || job.state.status === "IN_PROGRESS";
}

/**
 * Tells whether a job, as it was told of, is older news than what is known of it.
 *
 * An answer and the stream of events come on two ways, and the slower one may tell of an ended job that it still runs.
 *
 * @param {object|undefined} known
 * @param {object} told the same job
 */
export function isOldNews(known, told) {
  return Boolean(known) && !isActive(known) && isActive(told);
}
