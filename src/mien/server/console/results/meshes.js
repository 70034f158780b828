/** Asks the server for the meshes of a photograph's faces: the predictions have no place for them. */

/** How far, in pixels, a box may be from that of its mesh: both are written with few digits. */
const NEAR = 0.6;

/**
 * Gives the meshes of a file by row of its table `face`.
 * @param {import("./model.js").MeasuredFile} file
 * @param {{api: object|null, jobId: string|null}} view
 * @returns {Promise<Map<number, Float32Array>|null>} 468 × 2 in pixels of the picture; null where the server keeps none
 */
export async function meshesOf(file, { api, jobId }) {
  const table = file.tables.get("face");
  if (!api || !jobId || !table?.count) return null;
  const query = new URLSearchParams({ source: String(file.source), file: file.name });
  const { faces } = await api.get(`/v0/mien/jobs/${jobId}/meshes?${query}`);
  const meshes = new Map();
  for (const { box, points } of faces) {
    const row = rowOfBox(table, [box.x, box.y, box.w, box.h]);
    if (row >= 0) meshes.set(row, Float32Array.from(points.flat()));
  }
  return meshes.size ? meshes : null;
}

function rowOfBox({ count, box }, wanted) {
  for (let row = 0; row < count; row++) {
    if (wanted.every((side, k) => Math.abs(box[4 * row + k] - side) < NEAR)) return row;
  }
  return -1;
}
