/** Draws faces on a canvas, over a photograph or a frame of a film: boxes, meshes, names. */
import { groupColour, resolved } from "./colours.js";
import { groupName } from "./naming.js";
import { strongestOf } from "./score_bars.js";

/**
 * A face as it is drawn.
 * @typedef {{row: number, group: string, box: number[], colour: string, mesh: Float32Array|null}} DrawnFace
 */

/** The outlines of a mesh, as runs of its 468 points: face, lips, eyes, brows, nose. */
const LINES = [
  [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127,
    162, 21, 54, 103, 67, 109, 10],
  [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61],
  [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78],
  [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33],
  [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263],
  [70, 63, 105, 66, 107, 55, 65, 52, 53, 46, 70],
  [300, 293, 334, 296, 336, 285, 295, 282, 283, 276, 300],
  [168, 6, 197, 195, 5, 4, 1, 2],
];

/**
 * Gives the faces of a photograph with their colours: by who it is, or one each when nobody is told apart.
 * @param {import("./model.js").Table} table
 * @param {Map<number, Float32Array>|null} meshes by row
 * @returns {DrawnFace[]}
 */
export function facesOf(table, meshes = null) {
  const apart = table.groups.length > 1;
  return Array.from({ length: table.count }, (_, row) => {
    const group = table.groups[table.group[row]];
    const colour = apart ? groupColour(group, table.groups) : groupColour(`face_${row}`, []);
    return { row, group, box: [...table.box.subarray(4 * row, 4 * row + 4)], colour, mesh: meshes?.get(row) ?? null };
  }).filter(({ box }) => !Number.isNaN(box[0]));
}

/**
 * Draws faces; coordinates are those of the picture, times `scale`.
 * @param {CanvasRenderingContext2D} context
 * @param {DrawnFace[]} faces
 * @param {{scale: number, size: number[], lit: number, shown: object, fewNames: boolean, table: object, head: string}} how `lit` is the
 *   face that stands out, -1 for none; with `fewNames` only that one is named
 */
export function drawFaces(context, faces, how) {
  const { scale, lit, shown, fewNames } = how;
  if (shown.mesh) faces.forEach((face, i) => face.mesh && drawMesh(context, face, scale, lit < 0 || i === lit));
  if (shown.boxes) faces.forEach((face, i) => drawBox(context, face, scale, i === lit));
  if (!shown.names) return;
  const taken = [];
  faces.forEach((face, i) => {
    if (!fewNames || i === lit) drawName(context, face, how, taken);
  });
}

function drawBox(context, { box, colour }, scale, lit) {
  const [x, y, w, h] = box.map((side) => side * scale);
  const radius = Math.min(8, w / 8);
  for (const [width, style] of [[lit ? 6 : 4, "rgb(0 0 0 / 45%)"], [lit ? 3.5 : 2, resolved(colour)]]) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.beginPath();
    context.roundRect(x, y, w, h, radius);
    context.stroke();
  }
}

function drawMesh(context, { mesh }, scale, lit) {
  const width = (mesh[2 * 454] - mesh[2 * 234]) * scale;
  const dot = Math.min(1.4, Math.max(0.5, width / 300));
  context.fillStyle = `rgb(255 255 255 / ${lit ? 60 : 35}%)`;
  for (let i = 0; i < mesh.length; i += 2) context.fillRect(mesh[i] * scale - dot / 2, mesh[i + 1] * scale - dot / 2, dot, dot);
  context.strokeStyle = `rgb(255 255 255 / ${lit ? 85 : 50}%)`;
  context.lineWidth = Math.min(1.5, Math.max(0.6, width / 200));
  context.lineJoin = "round";
  context.beginPath();
  for (const line of LINES) line.forEach((point, k) => context[k ? "lineTo" : "moveTo"](mesh[2 * point] * scale, mesh[2 * point + 1] * scale));
  context.stroke();
}

/** Writes who it is and the strongest expression: above the box, inside its top, or below, where there is room. */
function drawName(context, face, { scale, size, table, head }, taken) {
  const [x, y, w, h] = face.box.map((side) => side * scale);
  const [top] = strongestOf(table, face.row, head, 1);
  const who = face.group === "unknown" ? "" : groupName(face.group);
  const words = [who, top ? `${top[0]} ${top[1].toFixed(2)}` : ""].filter(Boolean).join(" · ");
  if (!words) return;
  context.font = `600 ${w < 70 ? 11 : 13}px ${getComputedStyle(document.body).fontFamily}`;
  const wide = context.measureText(words).width + 14;
  const tall = w < 70 ? 18 : 22;
  const left = Math.max(2, Math.min(x, size[0] - wide - 2));
  const places = [y - tall - 4, y + h + 4, y + 4].filter((at) => at >= 2 && at + tall <= size[1] - 2);
  const free = (at) => !taken.some(([l, t, r, b]) => left < r && left + wide > l && at < b && at + tall > t);
  const at = places.find(free) ?? places[0] ?? 2;
  taken.push([left, at, left + wide, at + tall]);
  context.fillStyle = "rgb(12 17 16 / 82%)";
  context.beginPath();
  context.roundRect(left, at, wide, tall, 5);
  context.fill();
  context.fillStyle = "#ffffff";
  context.textBaseline = "middle";
  context.fillText(words, left + 7, at + tall / 2 + 0.5);
}
