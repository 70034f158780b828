/** Shows a photograph with its faces: boxes, meshes, who it is, and the strongest expressions of each. */
import { h, icon, replace } from "../dom.js";
import { FaceCards } from "./face_cards.js";
import { drawFaces, facesOf } from "./face_drawing.js";
import { meshesOf } from "./meshes.js";
import { missingMedia } from "./missing.js";

const TALLEST = 0.72;
const SHARPEST = 4096;
const MANY = 12;

/**
 * Shows the faces of a photograph.
 * @param {import("./model.js").MeasuredFile} file
 * @param {object} view
 */
export function photoView(file, view) {
  const photo = new Photo(file, view);
  return { element: photo.element, refresh: () => photo.refresh(), destroy: () => photo.destroy() };
}

class Photo {
  constructor(file, view) {
    Object.assign(this, { file, view, faces: [], picture: null, selected: -1, pointed: -1, meshes: null });
    this.shown = { boxes: true, mesh: true, names: true };
    this.canvas = h("canvas", { class: "photo-canvas", dataset: { chart: file.name }, "aria-hidden": "true" });
    this.handles = h("div", { class: "photo-handles" });
    this.stage = h("div", { class: "photo-stage" }, this.canvas, this.handles);
    this.notice = h("div", null);
    this.cards = new FaceCards(view, (i) => this.select(i), (i) => this.point(i));
    this.switches = h("div", { class: "row close photo-switches", role: "group", "aria-label": "Drawn on the picture" });
    this.element = h("div", { class: "photo" },
      h("div", { class: "stack tight photo-side" }, this.stage, this.notice, this.switches), this.cards.element);
    this.watcher = new ResizeObserver(() => this._layOut());
    this.watcher.observe(this.element);
    this._load();
  }

  async _load() {
    const blob = await this.view.media(this.file);
    if (blob) await this._show(blob);
    else replace(this.notice, missingMedia(this.file, this.view, (given) => this._show(given)));
    // Without meshes the picture is still worth seeing.
    this.meshes = await meshesOf(this.file, this.view).catch(() => null);
    this.refresh();
  }

  async _show(blob) {
    const address = URL.createObjectURL(blob);
    const picture = new Image();
    picture.src = address;
    try {
      await picture.decode();
      this.picture = picture;
      replace(this.notice);
    } catch {
      replace(this.notice, h("p", { class: "small muted" }, "This browser cannot show the picture; the boxes stand where its faces are."));
    } finally {
      URL.revokeObjectURL(address);
    }
    this.refresh();
  }

  refresh() {
    const table = this.file.tables.get("face");
    this.faces = table ? facesOf(table, this.meshes) : [];
    if (this.selected >= this.faces.length) this.selected = -1;
    if (this.selected < 0 && this.faces.length) this.selected = 0;
    this._switches();
    this._layOut();
    this.cards.show(this.faces, { table, picture: this.picture, selected: this.selected, mesh: this.file.tables.get("facemesh") });
  }

  _switches() {
    const names = { boxes: "Boxes", names: "Names", ...(this.faces.some(({ mesh }) => mesh) ? { mesh: "Mesh" } : {}) };
    this.switches.hidden = !this.faces.length;
    if (this.switches.childElementCount === Object.keys(names).length) return;
    replace(this.switches, Object.entries(names).map(([name, label]) =>
      h("button", { type: "button", class: "chip", "aria-pressed": String(this.shown[name]), on: { click: (event) => this._toggle(name, event) } }, icon(name === "boxes" ? "face" : name === "mesh" ? "theme" : "tag"), label)));
  }

  _toggle(name, event) {
    this.shown[name] = !this.shown[name];
    event.currentTarget.setAttribute("aria-pressed", String(this.shown[name]));
    this._draw();
  }

  /** The size of the picture in its own pixels; without it, as far as its faces reach. */
  _extent() {
    if (this.picture) return [this.picture.naturalWidth, this.picture.naturalHeight];
    const reach = (from, size) => Math.max(1, ...this.faces.map(({ box }) => box[from] + box[size])) * 1.06;
    return this.faces.length ? [reach(0, 2), reach(1, 3)] : [0, 0];
  }

  _layOut() {
    const [width, height] = this._extent();
    this.stage.hidden = !width;
    if (!width || !this.element.isConnected) return;
    const room = this.stage.parentElement.clientWidth;
    const most = Math.max(280, window.innerHeight * TALLEST);
    this.scale = Math.min(room / width, most / height, Math.max(1, 480 / Math.min(width, height)));
    const [wide, tall] = [width * this.scale, height * this.scale];
    const sharp = Math.min(window.devicePixelRatio || 1, SHARPEST / Math.max(wide, tall));
    this.canvas.width = Math.round(wide * sharp);
    this.canvas.height = Math.round(tall * sharp);
    this.sharp = sharp;
    for (const { style } of [this.canvas, this.stage]) [style.width, style.height] = [`${wide}px`, `${tall}px`];
    this._placeHandles();
    this._draw();
  }

  /** Buttons over the faces: to point at, to reach with the keyboard, to be read out. */
  _placeHandles() {
    if (this.handles.childElementCount !== this.faces.length) {
      replace(this.handles, this.faces.map((face, i) => h("button", { type: "button", class: "photo-handle", on: {
        click: () => this.select(i, true), pointerenter: () => this.point(i), pointerleave: () => this.point(-1),
        focus: () => this.point(i), blur: () => this.point(-1) } })));
    }
    [...this.handles.children].forEach((handle, i) => {
      const [x, y, w, h_] = this.faces[i].box.map((side) => `${side * this.scale}px`);
      Object.assign(handle.style, { left: x, top: y, width: w, height: h_ });
      handle.setAttribute("aria-label", this.cards.describe(this.faces[i], this.file.tables.get("face")));
      handle.setAttribute("aria-pressed", String(i === this.selected));
    });
  }

  _draw() {
    const context = this.canvas.getContext("2d");
    context.setTransform(this.sharp, 0, 0, this.sharp, 0, 0);
    const size = [this.canvas.width / this.sharp, this.canvas.height / this.sharp];
    context.clearRect(0, 0, ...size);
    if (this.picture) context.drawImage(this.picture, 0, 0, ...size);
    const lit = this.pointed >= 0 ? this.pointed : this.selected;
    drawFaces(context, this.faces, { scale: this.scale, size, lit, shown: this.shown, fewNames: this.faces.length > MANY,
      table: this.file.tables.get("face"), head: this.view.chosen.head });
  }

  select(i, byHand = false) {
    this.selected = i;
    this.cards.select(i, byHand);
    this._placeHandles();
    this._draw();
  }

  point(i) {
    if (this.pointed === i) return;
    this.pointed = i;
    this._draw();
  }

  destroy() {
    this.watcher.disconnect();
  }
}
