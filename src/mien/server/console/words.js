/**
 * Says in words what the wire says in names, numbers and time stamps.
 *
 * @module words
 */

/** What scores are and are not, in three sentences. */
export const WHAT_SCORES_ARE = [
  "A score says how people who see this face, hear this voice or read this text would probably describe what it expresses.",
  "It does not say what a person feels, thinks or intends: people smile when they are sad and frown when they think.",
  "A score has no unit and can be wrong, for some people more than for others, so nothing about a person should be decided by it.",
];

/** What the states of a job are called. */
export const STATUS_NAMES = { QUEUED: "Queued", IN_PROGRESS: "In progress", COMPLETED: "Completed", FAILED: "Failed" };

/** What the models are called. */
export const MODEL_NAMES = {
  face: "Face",
  facemesh: "Facemesh",
  prosody: "Prosody",
  burst: "Burst",
  language: "Language",
  ner: "Entities",
};

const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const dated = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const whole = new Intl.NumberFormat("en");

/** Writes a whole number, "12,345". */
export function count(number) {
  return whole.format(number ?? 0);
}

/** Writes a number with its noun: "1 file", "3 files". */
export function counted(number, noun, plural = `${noun}s`) {
  return `${count(number)} ${number === 1 ? noun : plural}`;
}

/** Writes a size, "4.3 MB"; a megabyte is 1,048,576 bytes as in the server's limits. */
export function bytes(size) {
  if (size < 1024) return `${size} B`;
  const power = Math.min(4, Math.floor(Math.log2(size) / 10));
  const value = size / 1024 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${["B", "KB", "MB", "GB", "TB"][power]}`;
}

/** Writes how long ago or ahead a time is, "5 minutes ago". */
export function ago(milliseconds, now = Date.now()) {
  const seconds = (milliseconds - now) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return relative.format(Math.round(seconds / size), unit);
}

/** Writes a time of day with its date. */
export function moment(milliseconds) {
  return dated.format(milliseconds);
}

/** Writes a length of time, "1 h 4 min", "12 s", "0.4 s". */
export function duration(seconds) {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60)
    return seconds < 600 ? `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s` : `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Writes how long something still takes, as coarsely as it is known. */
export function remaining(seconds) {
  if (seconds < 60) return `${Math.max(1, seconds < 10 ? Math.round(seconds) : Math.round(seconds / 5) * 5)} s`;
  return seconds < 3600 ? `${Math.round(seconds / 60)} min` : duration(seconds);
}

/** Gives the last part of an address or path, as a name to show. */
export function lastPart(address) {
  try {
    const { pathname, hostname } = new URL(address);
    return decodeURIComponent(pathname.split("/").filter(Boolean).at(-1) ?? hostname);
  } catch {
    return address.split("/").filter(Boolean).at(-1) ?? address;
  }
}

/** Names a job by what it measures: "visit.mp4 and 3 more". */
export function jobTitle(request) {
  const names = [
    ...(request.urls ?? []).map(lastPart),
    ...(request.files ?? []).map((file) => file.filename ?? "upload"),
    ...(request.text ?? []).map((text) => `“${excerpt(text, 40)}”`),
  ];
  if (names.length === 0) return "Job";
  return names.length === 1 ? names[0] : `${names[0]} and ${names.length - 1} more`;
}

/** Shortens a text to so many characters, at a word. */
export function excerpt(text, length) {
  const flat = text.trim().replace(/\s+/g, " ");
  return flat.length <= length ? flat : `${flat.slice(0, length).replace(/\s\S*$/, "")}…`;
}

/** Gives the models a job runs, in the order of `MODEL_NAMES`, others behind. */
export function modelsOf(request) {
  const named = Object.entries(request.models ?? {})
    .filter(([, options]) => options)
    .map(([name]) => name);
  const order = Object.keys(MODEL_NAMES);
  return named.sort((one, two) => (order.indexOf(one) + 1 || 99) - (order.indexOf(two) + 1 || 99));
}
