/** Says things of results in words: people, times, kinds of files. */

const MODELS = {
  face: "Face", facemesh: "Face mesh", prosody: "Voice", burst: "Vocal bursts", language: "Language", ner: "Named entities",
};
const KINDS = { image: "image", video: "video", video_no_audio: "video", audio: "audio", text: "text" };

/** Names a model as people would. */
export function modelName(model) {
  return MODELS[model] ?? model;
}

/** Names a person or speaker: `face_0` is person 1, `spk_0` speaker 1, `unknown` nobody in particular. */
export function groupName(id) {
  const [, kind, number] = /^(face|spk)_(\d+)$/.exec(id) ?? [];
  if (!kind) return id === "unknown" ? "Not told apart" : id;
  return `${kind === "face" ? "Person" : "Speaker"} ${Number(number) + 1}`;
}

/** Names the icon for a type of file. */
export function kindIcon(type) {
  return KINDS[type] ?? "file";
}

/** Writes a time as people do: 0:07.4, 12:31, 1:02:05. */
export function clock(seconds, tenths = false) {
  if (!Number.isFinite(seconds)) return "–";
  const whole = tenths ? Math.round(seconds * 10) / 10 : Math.floor(seconds + 1e-6);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = (whole % 60).toFixed(tenths ? 1 : 0).padStart(tenths ? 4 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Writes a score with two digits. */
export function score(value) {
  return Number.isFinite(value) ? value.toFixed(2) : "–";
}

/** Shortens a path to its last step. */
export function baseName(path) {
  return path.split(/[?#]/)[0].split("/").filter(Boolean).at(-1) ?? path;
}
