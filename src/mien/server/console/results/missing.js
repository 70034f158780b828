/** Asks for the file a result is about, where this browser does not have it. */
import { h, icon, replace } from "../dom.js";
import { baseName } from "./naming.js";

const THINGS = { image: "picture", video: "video", video_no_audio: "video", audio: "recording" };

/**
 * Makes a place that takes the file by a button or by dropping it.
 * @param {import("./model.js").MeasuredFile} file
 * @param {object} view
 * @param {(blob: Blob) => void} given
 * @returns {HTMLElement}
 */
export function missingMedia(file, view, given) {
  const thing = THINGS[file.type] ?? "file";
  const take = async (blob) => {
    const found = await blob;
    if (found) given(found);
  };
  const over = (on) => (event) => {
    event.preventDefault();
    place.classList.toggle("over", on);
  };
  const drop = (event) => {
    over(false)(event);
    take(view.takeMedia(file, [...event.dataTransfer.files]));
  };
  const place = h("div", { class: "missing", on: { dragover: over(true), dragleave: over(false), drop } },
    icon(file.type === "image" ? "image" : file.type === "audio" ? "audio" : "video"),
    h("p", null, `The ${thing} is not kept in this browser. Give it, and it is shown beside its scores; it is not sent anywhere.`),
    h("button", { type: "button", class: "button small", on: { click: () => take(view.askMedia(file)) } }, icon("folder"),
      h("span", { class: "cut" }, `Choose ${baseName(file.name)}`)));
  return place;
}

/** Says that the browser cannot show a file it has. */
export function unplayable(node, file, reason) {
  const thing = THINGS[file.type] ?? "file";
  replace(node, h("div", { class: "missing" }, icon("alert"),
    h("p", null, `This browser cannot show the ${thing} (${reason}). Its scores stand below.`)));
}
