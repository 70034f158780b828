/** Plays a film with the boxes of its faces drawn in step with its frames, and what each face expresses just now. */
import { h, icon, replace } from "../dom.js";
import { groupColour } from "./colours.js";
import { drawFaces } from "./face_drawing.js";
import { missingMedia, unplayable } from "./missing.js";
import { clock, groupName } from "./naming.js";
import { ScoreBars, strongestOf } from "./score_bars.js";
import { Tracks } from "./tracks.js";

const MOST_PEOPLE = 3;
const BARS = 4;
const SAYING_MILLISECONDS = 120;

/**
 * Shows a film.
 * @param {import("./model.js").MeasuredFile} file
 * @param {object} view
 */
export function videoView(file, view) {
  const film = new Film(file, view);
  return { element: film.element, refresh: () => film.refresh(), destroy: () => film.destroy() };
}

class Film {
  constructor(file, view) {
    Object.assign(this, { file, view, tracks: null, address: null, frame: null, said: 0, saying: null, destroyed: false });
    this.player = h("video", { class: "film-player", controls: true, playsInline: true, preload: "auto", "aria-label": file.name });
    this.player.setAttribute("controlslist", "nofullscreen nodownload");
    this.player.disablePictureInPicture = true;
    this.canvas = h("canvas", { class: "film-boxes", "aria-hidden": "true" });
    this.stage = h("div", { class: "film-stage" }, this.player, this.canvas);
    this.place = h("div", { class: "stack tight film-side" });
    this.now = new NowPanel(view);
    this.boxes = true;
    this.tools = h("div", { class: "row close" }, this._switch(), this._full());
    this.element = h("div", { class: "film" }, this.place, this.now.element);
    this._listen();
    this._load();
  }

  _switch() {
    const chip = h("button", { type: "button", class: "chip", "aria-pressed": "true", on: { click: () => {
      this.boxes = !this.boxes;
      chip.setAttribute("aria-pressed", String(this.boxes));
      this._draw();
    } } }, icon("face"), "Boxes");
    return chip;
  }

  _full() {
    return h("button", { type: "button", class: "chip", on: { click: () => (document.fullscreenElement ? document.exitFullscreen() : this.stage.requestFullscreen()) } },
      icon("eye"), "Full screen");
  }

  _listen() {
    const { player } = this;
    const { playhead } = this.view;
    this.onSeek = () => {
      if (player.readyState && Math.abs(player.currentTime - playhead.seconds) > 0.01) player.currentTime = playhead.seconds;
      else this._draw();
    };
    playhead.addEventListener("seek", this.onSeek);
    this.onMove = () => this._say();
    playhead.addEventListener("move", this.onMove);
    player.addEventListener("loadedmetadata", () => this._ready());
    for (const event of ["seeked", "timeupdate", "pause"]) player.addEventListener(event, () => this._at(player.currentTime));
    player.addEventListener("error", () => this._broken());
    this.watcher = new ResizeObserver(() => this._fit());
    this.watcher.observe(this.stage);
    this._eachFrame();
  }

  /** Follows the frames as they are shown: their own time, not the clock's. */
  _eachFrame() {
    if (!this.player.requestVideoFrameCallback) return;
    const next = (_now, { mediaTime }) => {
      if (this.destroyed) return;
      this._at(mediaTime);
      this.frame = this.player.requestVideoFrameCallback(next);
    };
    this.frame = this.player.requestVideoFrameCallback(next);
  }

  async _load() {
    const blob = await this.view.media(this.file);
    if (this.destroyed) return;
    if (blob) this._play(blob);
    else replace(this.place, missingMedia(this.file, this.view, (given) => this._play(given)));
    this.refresh();
  }

  _play(blob) {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = URL.createObjectURL(blob);
    this.player.src = this.address;
    replace(this.place, this.stage, this.tools);
  }

  _broken() {
    if (this.player.src) unplayable(this.place, this.file, this.player.error?.message || "it does not know the format");
  }

  _ready() {
    const { player, view } = this;
    view.playhead.duration = player.duration;
    if (view.playhead.seconds > 0) player.currentTime = view.playhead.seconds;
    this._fit();
    view.playhead.dispatchEvent(new Event("move"));
  }

  refresh() {
    const table = this.file.tables.get("face");
    if (table?.count && !this.tracks) this.tracks = new Tracks(table);
    this.tools.firstChild.hidden = !this.tracks;
    this._draw();
    this._say(true);
  }

  _at(seconds) {
    this.view.playhead.follow(seconds);
    this._draw();
  }

  /** Lays the canvas over the picture itself, which may be smaller than the player. */
  _fit() {
    const { videoWidth, videoHeight, clientWidth, clientHeight } = this.player;
    if (!videoWidth || !clientWidth) return;
    this.scale = Math.min(clientWidth / videoWidth, clientHeight / videoHeight);
    const [wide, tall] = [videoWidth * this.scale, videoHeight * this.scale];
    this.sharp = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: Math.round(wide * this.sharp), height: Math.round(tall * this.sharp) });
    Object.assign(this.canvas.style, { width: `${wide}px`, height: `${tall}px`, left: `${(clientWidth - wide) / 2}px`, top: `${(clientHeight - tall) / 2}px` });
    this._draw();
  }

  _faces() {
    if (!this.tracks) return [];
    const { groups } = this.tracks.table;
    return this.tracks.at(this.view.playhead.seconds).map((face) => ({ ...face, colour: groupColour(face.group, groups), mesh: null }));
  }

  _draw() {
    if (!this.scale) return;
    const context = this.canvas.getContext("2d");
    context.setTransform(this.sharp, 0, 0, this.sharp, 0, 0);
    const size = [this.canvas.width / this.sharp, this.canvas.height / this.sharp];
    context.clearRect(0, 0, ...size);
    const faces = this.boxes ? this._faces() : [];
    this.stage.dataset.faces = String(faces.length);
    drawFaces(context, faces, { scale: this.scale, size, lit: -1, shown: { boxes: true, names: true }, fewNames: faces.length > 8, table: this.tracks?.table, head: this._head() });
  }

  _head() {
    const { head } = this.view.chosen;
    return this.tracks?.table.heads.has(head) ? head : "emotions";
  }

  /** Tells what the faces express now, not oftener than one can read; what is told last is where the film stands. */
  _say(anyway = false) {
    const wait = this.said + SAYING_MILLISECONDS - performance.now();
    if (!anyway && wait > 0) {
      this.saying ??= setTimeout(() => this._say(true), wait);
      return;
    }
    clearTimeout(this.saying);
    this.saying = null;
    this.said = performance.now();
    this.now.show(this.view.playhead.seconds, this._faces(), this.tracks?.table, this._head());
  }

  destroy() {
    this.destroyed = true;
    clearTimeout(this.saying);
    this.watcher.disconnect();
    this.view.playhead.removeEventListener("seek", this.onSeek);
    this.view.playhead.removeEventListener("move", this.onMove);
    if (this.frame !== null) this.player.cancelVideoFrameCallback?.(this.frame);
    this.player.pause();
    this.player.removeAttribute("src");
    this.player.load();
    if (this.address) URL.revokeObjectURL(this.address);
  }
}

/** Shows, beside the player, who is seen and the strongest expressions at the moment. */
class NowPanel {
  constructor(view) {
    this.view = view;
    this.title = h("h4", { class: "eyebrow num" });
    this.nobody = h("p", { class: "small muted" }, "No face at this moment.");
    this.people = Array.from({ length: MOST_PEOPLE }, () => this._person());
    this.rest = h("p", { class: "small muted" });
    this.element = h("div", { class: "film-now stack tight" }, this.title, this.nobody, this.people.map(({ element }) => element), this.rest);
  }

  _person() {
    const dot = h("span", { class: "dot", "aria-hidden": "true" });
    const name = h("span", { class: "grow cut" });
    const bars = new ScoreBars("Expressions now");
    return { dot, name, bars, element: h("div", { class: "film-person" }, h("h5", { class: "face-name" }, dot, name), bars.element) };
  }

  /** Shows the faces of a moment, the largest first. */
  show(seconds, faces, table, head) {
    this.title.textContent = `At ${clock(seconds, true)}`;
    this.element.hidden = !table;
    this.nobody.hidden = faces.length > 0;
    const order = [...faces].sort((a, b) => (table.groups.length > 1 ? table.groups.indexOf(a.group) - table.groups.indexOf(b.group) : b.box[2] - a.box[2]));
    this.people.forEach(({ element, dot, name, bars }, i) => {
      const face = order[i];
      element.hidden = !face;
      if (!face) return;
      dot.style.background = face.colour;
      name.textContent = face.group === "unknown" ? `Face ${i + 1}` : groupName(face.group);
      bars.set(strongestOf(table, face.row, head, BARS));
    });
    this.rest.textContent = order.length > MOST_PEOPLE ? `and ${order.length - MOST_PEOPLE} more` : "";
  }
}
