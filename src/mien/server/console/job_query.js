/**
 * Holds which jobs are looked for, as the address says it and as the server is asked.
 *
 * @module job_query
 */

/** Spans back from now, in milliseconds. */
export const SPANS = [
  ["", "Any time", null],
  ["1h", "Last hour", 3600e3],
  ["1d", "Last 24 hours", 86400e3],
  ["7d", "Last 7 days", 7 * 86400e3],
  ["30d", "Last 30 days", 30 * 86400e3],
  ["between", "Between…", null],
];
export const PAGE = 50;

/**
 * @typedef {object} JobFilter
 * @property {string[]} statuses empty for all
 * @property {string[]} tags a job must carry all of them
 * @property {string} span one of SPANS
 * @property {string} from local time, "2026-01-31T12:00", for the span "between"
 * @property {string} to
 */

/** Reads a filter out of the address. @param {URLSearchParams} query @returns {JobFilter} */
export function readFilter(query) {
  const listed = (name) => (query.get(name) ?? "").split(",").filter(Boolean);
  return {
    statuses: listed("status"),
    tags: listed("tag"),
    span: query.get("time") ?? "",
    from: query.get("from") ?? "",
    to: query.get("to") ?? "",
  };
}

/** Writes a filter as it stands in the address, "#/jobs?status=FAILED". */
export function writeFilter(filter) {
  const query = new URLSearchParams();
  if (filter.statuses.length) query.set("status", filter.statuses.join(","));
  if (filter.tags.length) query.set("tag", filter.tags.join(","));
  if (filter.span) query.set("time", filter.span);
  if (filter.span === "between" && filter.from) query.set("from", filter.from);
  if (filter.span === "between" && filter.to) query.set("to", filter.to);
  const text = query.toString();
  return text ? `#/jobs?${text}` : "#/jobs";
}

/** Tells whether a filter leaves anything out. */
export function isFiltered(filter) {
  return Boolean(filter.statuses.length || filter.tags.length || filter.span);
}

/** Gives the two ends of the time looked at, in Unix milliseconds; null for open ones. */
export function bounds(filter, now = Date.now()) {
  if (filter.span === "between") return { since: parsed(filter.from), until: parsed(filter.to) };
  const length = SPANS.find(([name]) => name === filter.span)?.[2];
  return { since: length ? now - length : null, until: null };
}

/** Tells whether a job belongs into the list. */
export function fits(filter, job, now = Date.now()) {
  const { since, until } = bounds(filter, now);
  const created = job.state.created_timestamp_ms;
  return (
    (!filter.statuses.length || filter.statuses.includes(job.state.status)) &&
    filter.tags.every((tag) => (job.tags ?? []).includes(tag)) &&
    (since === null || created >= since) &&
    (until === null || created < until)
  );
}

/**
 * Asks for a page of jobs, the newest first.
 *
 * @param {import("./api.js").Api} api
 * @param {JobFilter} filter
 * @param {{before: number|null, known: Set<string>}} place where the last page ended, and what it held
 * @returns {Promise<{jobs: object[], before: number|null}>} `before` is null when there are no more
 */
export async function jobPage(api, filter, { before, known }, signal) {
  const { since, until } = bounds(filter);
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (filter.statuses.length) query.set("status", filter.statuses.join(","));
  for (const tag of filter.tags) query.append("tag", tag);
  const end = before ?? until;
  if (end !== null) query.set("timestamp_ms", String(end));
  const answer = await api.get(`/v0/mien/jobs?${query}`, { signal });
  const fresh = answer.filter((job) => !known.has(job.job_id));
  const jobs = since === null ? fresh : fresh.filter((job) => job.state.created_timestamp_ms >= since);
  const over = answer.length < PAGE || jobs.length < fresh.length;
  return { jobs, before: over ? null : nextBefore(answer, fresh) };
}

/** Goes on one millisecond late, so that jobs of the same millisecond are not lost; they are known and drop out. */
function nextBefore(answer, fresh) {
  const last = answer.at(-1).state.created_timestamp_ms;
  return fresh.length ? last + 1 : last;
}

function parsed(local) {
  const time = local ? new Date(local).getTime() : NaN;
  return Number.isNaN(time) ? null : time;
}
