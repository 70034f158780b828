/** Plays a recording under its waveform, with its vocal bursts and who speaks when. */
import { h, replace } from "../dom.js";
import { groupColour, onTheme, resolved } from "./colours.js";
import { missingMedia, unplayable } from "./missing.js";
import { clock, groupName, score } from "./naming.js";
import { strongestOf } from "./score_bars.js";
import { outline, STRETCHES } from "./waveform.js";

const TALL = 96;
const BAR = 3;
const LANE = 26;
const BURSTS = 30;
const MOST_SPEAKERS = 8;
const SMALL_STEP = 1;
const LARGE_STEP = 10;

/**
 * Shows a recording.
 * @param {import("./model.js").MeasuredFile} file
 * @param {object} view
 */
export function audioView(file, view) {
  const recording = new Recording(file, view);
  return { element: recording.element, refresh: () => recording.refresh(), destroy: () => recording.destroy() };
}

class Recording {
  constructor(file, view) {
    Object.assign(this, { file, view, peaks: null, address: null, destroyed: false });
    this.player = h("audio", { class: "sound-player", controls: true, preload: "metadata", "aria-label": file.name });
    this.player.setAttribute("controlslist", "nodownload");
    this.place = h("div", null);
    this.canvas = h("canvas", { dataset: { chart: file.name }, "aria-hidden": "true" });
    this.line = h("div", { class: "timeline-playhead", "aria-hidden": "true" });
    this.wave = h("div", { class: "sound-wave", role: "slider", tabindex: "0", "aria-label": "Place in the recording", "aria-valuemin": "0",
      on: { pointerdown: (event) => this._pull(event), pointermove: (event) => event.buttons && this._pull(event), keydown: (event) => this._key(event) } }, this.canvas, this.line);
    this.note = h("p", { class: "small muted" });
    this.words = h("ul", { class: "visually-hidden", "aria-label": "Vocal bursts" });
    this.legend = h("div", { class: "row close small" });
    this.element = h("div", { class: "sound panel" }, this.place, this.wave, this.legend, this.note, this.words);
    this._listen();
    this._load();
  }

  _listen() {
    const { player } = this;
    const { playhead } = this.view;
    this.onSeek = () => {
      if (player.readyState && Math.abs(player.currentTime - playhead.seconds) > 0.01) player.currentTime = playhead.seconds;
    };
    this.onMove = () => this._placeLine();
    playhead.addEventListener("seek", this.onSeek);
    playhead.addEventListener("move", this.onMove);
    player.addEventListener("loadedmetadata", () => this._ready());
    for (const event of ["timeupdate", "seeked"]) player.addEventListener(event, () => playhead.follow(player.currentTime));
    player.addEventListener("play", () => this._run());
    player.addEventListener("error", () => player.getAttribute("src") && unplayable(this.place, this.file, player.error?.message || "it does not know the format"));
    this.watcher = new ResizeObserver(() => this._draw());
    this.watcher.observe(this.wave);
    this.offTheme = onTheme(() => this._draw());
  }

  /** Follows the player smoothly while it plays. */
  _run() {
    if (this.destroyed || this.player.paused) return;
    this.view.playhead.follow(this.player.currentTime);
    requestAnimationFrame(() => this._run());
  }

  async _load() {
    const blob = await this.view.media(this.file);
    if (this.destroyed) return;
    if (blob) this._play(blob);
    else replace(this.place, missingMedia(this.file, this.view, (given) => this._play(given)));
    this.refresh();
  }

  _play(blob) {
    this.blob = blob;
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = URL.createObjectURL(blob);
    this.player.src = this.address;
    replace(this.place, this.player);
  }

  async _ready() {
    const { player, view } = this;
    view.playhead.duration = player.duration;
    if (view.playhead.seconds > 0) player.currentTime = view.playhead.seconds;
    view.playhead.dispatchEvent(new Event("move"));
    try {
      this.peaks = await outline(this.blob, player.duration);
      this.note.textContent = this.peaks ? "" : "The recording is too long for this browser to draw its waveform.";
    } catch {
      this.note.textContent = "This browser cannot draw the waveform of the recording.";
    }
    this.refresh();
  }

  /** How long the recording is, as far as is known. */
  get duration() {
    let last = Number.isFinite(this.player.duration) ? this.player.duration : 0;
    for (const table of this.file.tables.values()) for (let i = 0; i < table.count; i++) if (table.end[i] > last) last = table.end[i];
    return last;
  }

  refresh() {
    if (this.destroyed) return;
    this.known = this.duration;
    const bursts = this._bursts();
    this.speakers = this._speakers();
    this.wave.hidden = !this.known;
    this.note.hidden = !this.note.textContent;
    replace(this.words, bursts.map(({ begin, end, name }) => h("li", null, `${name}, ${clock(begin, true)} to ${clock(end, true)}`)));
    replace(this.legend, this.speakers.map(({ id, colour }) => {
      const dot = h("span", { class: "dot" });
      dot.style.background = colour;
      return h("span", { class: "row close sound-speaker" }, dot, groupName(id));
    }));
    this.legend.hidden = this.speakers.length < 2;
    this.bursts = bursts;
    this._draw();
    this._placeLine();
  }

  /** The vocal bursts with the word that fits best. */
  _bursts() {
    const table = this.file.tables.get("burst");
    if (!table) return [];
    const head = table.heads.has("descriptions") ? "descriptions" : "emotions";
    return Array.from(table.rowsOf(null), (row) => {
      const [top] = strongestOf(table, row, head, 1);
      return { begin: table.begin[row], end: table.end[row], name: top ? `${top[0]} ${score(top[1])}` : "Burst", label: top?.[0] ?? "Burst" };
    });
  }

  /** Who speaks when: of the model that told speakers apart best. */
  _speakers() {
    const tables = ["prosody", "language"].map((model) => this.file.tables.get(model)).filter((table) => table?.timed);
    const table = tables.sort((a, b) => b.groups.length - a.groups.length)[0];
    if (!table) return [];
    return table.groups.slice(0, MOST_SPEAKERS).map((id) => ({ id, colour: groupColour(id, table.groups),
      spans: Array.from(table.rowsOf(id), (row) => [table.begin[row], table.end[row]]) }));
  }

  _draw() {
    const wide = this.wave.clientWidth;
    if (!wide || !this.known) return;
    const lanes = this.speakers.length > 1 ? this.speakers.length : this.speakers.length ? 1 : 0;
    const top = this.bursts.length ? BURSTS : 8;
    const tall = top + TALL + lanes * (LANE / 2) + 8;
    const sharp = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: Math.round(wide * sharp), height: Math.round(tall * sharp) });
    Object.assign(this.canvas.style, { width: `${wide}px`, height: `${tall}px` });
    const context = this.canvas.getContext("2d");
    context.scale(sharp, sharp);
    const x = (seconds) => (seconds / this.known) * wide;
    this._drawBursts(context, x, top);
    this._drawWave(context, wide, top);
    this._drawSpeakers(context, x, top + TALL + 6);
  }

  _drawWave(context, wide, top) {
    const middle = top + TALL / 2;
    context.fillStyle = resolved("--line-strong");
    if (!this.peaks) return void context.fillRect(0, middle, wide, 1);
    const loudest = this.peaks.reduce((most, value) => Math.max(most, Math.abs(value)), 0.05);
    const half = TALL / 2 / loudest;
    const columns = Math.min(STRETCHES, Math.floor(wide / BAR));
    context.beginPath();
    for (let column = 0; column < columns; column++) {
      const [low, high] = this._reach(column / columns, (column + 1) / columns);
      context.roundRect(column * (wide / columns), middle - high * half - 0.5, BAR - 1, (high - low) * half + 1, 1);
    }
    context.fill();
  }

  /** The lowest and highest between two shares of the recording. */
  _reach(from, to) {
    let [low, high] = [0, 0];
    const end = Math.max(Math.floor(from * STRETCHES) + 1, Math.floor(to * STRETCHES));
    for (let k = Math.floor(from * STRETCHES); k < end; k++) [low, high] = [Math.min(low, this.peaks[2 * k]), Math.max(high, this.peaks[2 * k + 1])];
    return [low, high];
  }

  _drawBursts(context, x, top) {
    context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    context.textBaseline = "middle";
    let free = -Infinity;
    for (const { begin, end, label } of this.bursts) {
      const [left, right] = [x(begin), Math.max(x(end), x(begin) + 3)];
      context.fillStyle = resolved("--accent-wash");
      context.fillRect(left, top - 4, right - left, TALL + 8);
      context.fillStyle = resolved("--accent");
      context.fillRect(left, top - 6, right - left, 3);
      // Names that would lie on one another are left to the list.
      const { width } = context.measureText(label);
      const at = Math.min(left, x(this.known) - width);
      if (at < free) continue;
      context.fillText(label, at, top - 16);
      free = at + width + 8;
    }
  }

  _drawSpeakers(context, x, top) {
    this.speakers.forEach(({ colour, spans }, lane) => {
      context.fillStyle = resolved(colour);
      for (const [begin, end] of spans) {
        context.beginPath();
        context.roundRect(x(begin), top + lane * (LANE / 2), Math.max(2, x(end) - x(begin) - 1), 7, 3);
        context.fill();
      }
    });
  }

  _placeLine() {
    const { seconds } = this.view.playhead;
    const share = this.known ? seconds / this.known : 0;
    this.line.style.transform = `translateX(${Math.min(1, share) * this.wave.clientWidth}px)`;
    this.wave.setAttribute("aria-valuemax", String(Math.round(this.known ?? 0)));
    this.wave.setAttribute("aria-valuenow", String(Math.round(seconds * 10) / 10));
    this.wave.setAttribute("aria-valuetext", clock(seconds, true));
  }

  _pull(event) {
    const { left, width } = this.wave.getBoundingClientRect();
    this.view.playhead.seek(Math.min(this.known, Math.max(0, ((event.clientX - left) / width) * this.known)));
  }

  _key(event) {
    const { seconds } = this.view.playhead;
    const to = { ArrowRight: seconds + SMALL_STEP, ArrowUp: seconds + SMALL_STEP, ArrowLeft: seconds - SMALL_STEP, ArrowDown: seconds - SMALL_STEP,
      PageUp: seconds + LARGE_STEP, PageDown: seconds - LARGE_STEP, Home: 0, End: this.known }[event.key];
    if (event.key === " ") this.player.paused ? this.player.play() : this.player.pause();
    else if (to === undefined) return;
    else this.view.playhead.seek(Math.min(this.known, Math.max(0, to)));
    event.preventDefault();
  }

  destroy() {
    this.destroyed = true;
    this.watcher.disconnect();
    this.offTheme();
    this.view.playhead.removeEventListener("seek", this.onSeek);
    this.view.playhead.removeEventListener("move", this.onMove);
    this.player.pause();
    this.player.removeAttribute("src");
    this.player.load();
    if (this.address) URL.revokeObjectURL(this.address);
  }
}
