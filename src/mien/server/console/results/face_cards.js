/** Lists the faces of a photograph: each cut out, with who it is and what it expresses; one is open at a time. */
import { h, replace } from "../dom.js";
import { groupName, score } from "./naming.js";
import { ScoreBars, strongestOf } from "./score_bars.js";

const SMALL = 3;
const LARGE = 10;
const MARGIN = 0.12;
const CUT = 112;
const MOST_CARDS = 60;

/** Holds the cards beside a photograph. */
export class FaceCards {
  /**
   * @param {object} view
   * @param {(i: number) => void} select
   * @param {(i: number) => void} point
   */
  constructor(view, select, point) {
    Object.assign(this, { view, select_: select, point, faces: [], cards: [] });
    this.element = h("ul", { class: "face-cards", "aria-label": "Faces" });
  }

  /** Shows these faces. */
  show(faces, { table, picture, selected, mesh }) {
    const anew = faces.length !== this.faces.length || picture !== this.picture;
    Object.assign(this, { faces, table, picture, selected, meshTable: mesh });
    if (!table && mesh?.count) return this._meshOnly(mesh);
    if (anew) {
      this.cards = faces.slice(0, MOST_CARDS).map((face, i) => this._card(face, i));
      replace(this.element, this.cards.map(({ item }) => item), this._rest());
    }
    this._fill();
  }

  _rest() {
    const rest = this.faces.length - MOST_CARDS;
    return rest > 0 ? h("li", { class: "small muted" }, `and ${rest} more faces; all of them stand in the table of predictions`) : null;
  }

  /** Says in words what a face shows, for screen readers. */
  describe(face, table) {
    const top = strongestOf(table, face.row, this.view.chosen.head, SMALL).map(([label, value]) => `${label} ${score(value)}`);
    return `${this._name(face)}: ${top.join(", ")}`;
  }

  _name(face) {
    return face.group === "unknown" ? `Face ${face.row + 1}` : groupName(face.group);
  }

  _card(face, i) {
    const cut = h("canvas", { class: "face-cut", width: CUT, height: CUT, "aria-hidden": "true" });
    const dot = h("span", { class: "dot", "aria-hidden": "true" });
    dot.style.background = face.colour;
    const bars = new ScoreBars(`What ${this._name(face)} expresses`);
    const button = h("button", { type: "button", class: "face-name", "aria-expanded": "false", on: { click: () => this.select_(i), focus: () => this.point(i), blur: () => this.point(-1) } },
      dot, h("span", { class: "grow cut" }, this._name(face)));
    const facts = h("p", { class: "small muted num" });
    const item = h("li", { class: "face-card", on: { pointerenter: () => this.point(i), pointerleave: () => this.point(-1) } },
      cut, h("div", { class: "grow stack tight" }, button, bars.element, facts));
    this._cut(cut, face);
    return { item, button, bars, facts };
  }

  /** Cuts the face out of the picture, a little wider than its box. */
  _cut(canvas, { box: [x, y, w, h_] }) {
    canvas.hidden = !this.picture;
    if (!this.picture) return;
    const side = Math.max(w, h_) * (1 + 2 * MARGIN);
    const [left, top] = [x + w / 2 - side / 2, y + h_ / 2 - side / 2];
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(this.picture, left, top, side, side, 0, 0, CUT, CUT);
  }

  _fill() {
    const { head, threshold } = this.view.chosen;
    this.cards.forEach(({ item, button, bars, facts }, i) => {
      const face = this.faces[i];
      const open = i === this.selected;
      item.classList.toggle("open", open);
      button.setAttribute("aria-expanded", String(open));
      const own = this.table.heads.has(head) ? head : "emotions";
      bars.set(strongestOf(this.table, face.row, own, open ? LARGE : SMALL).filter(([, value]) => value >= threshold));
      facts.hidden = !open;
      facts.textContent = `A face, with ${score(this.table.prob[face.row])} certainty; ${Math.round(face.box[2])} × ${Math.round(face.box[3])} pixels`;
    });
  }

  /** Opens the card of a face. */
  select(i, scroll) {
    this.selected = i;
    this._fill();
    if (scroll) this.cards[i]?.item.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  /** The model facemesh tells no place: its faces are listed, not drawn. */
  _meshOnly(table) {
    this.cards = [];
    replace(this.element, Array.from({ length: Math.min(table.count, MOST_CARDS) }, (_, row) => {
      const bars = new ScoreBars(`What face ${row + 1} expresses`);
      bars.set(strongestOf(table, row, "emotions", LARGE));
      return h("li", { class: "face-card open" }, h("div", { class: "grow stack tight" }, h("h4", null, `Face ${row + 1}`), bars.element));
    }));
  }
}
