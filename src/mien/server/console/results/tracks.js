/** Finds the faces of a film at any moment, between the sampled frames too. */
import { lowerBound } from "./series.js";

/** How much longer than the usual step a face stays where it was last seen. */
const STAYS = 1.6;
/** What is taken where a face was seen once only: three frames a second is what jobs ask for by default. */
const USUAL_STEP = 1 / 3;
const PAUSE_MILLISECONDS = 1000;

/** Knows where each person of a table is over time. */
export class Tracks {
  /** @param {import("./model.js").Table} table */
  constructor(table) {
    this.table = table;
    this.count = -1;
    this.learned = -Infinity;
    this.tracks = [];
  }

  /**
   * Gives the faces at a time: between two samples of one person the box glides, unknown faces stay where they were seen.
   * @param {number} seconds
   * @returns {{row: number, group: string, box: number[]}[]} the row is that of the nearest sample
   */
  at(seconds) {
    this._learn();
    return this.tracks.flatMap((track) => (track.alone ? this._gliding(track, seconds) : this._standing(track, seconds)));
  }

  _learn() {
    const { table } = this;
    // While many rows come in, a moment's delay is not seen.
    if (this.count === table.count || performance.now() - this.learned < PAUSE_MILLISECONDS) return;
    this.count = table.count;
    this.learned = performance.now();
    this.tracks = table.groups.map((group) => {
      const rows = table.rowsOf(group);
      const times = Float64Array.from(rows, (row) => table.begin[row]);
      return { group, rows, times, alone: times.every((time, k) => k === 0 || time > times[k - 1]) };
    });
    const steps = this.tracks.map(({ times }) => usualStep(times));
    const least = Math.min(...steps);
    this.step = Number.isFinite(least) ? least : USUAL_STEP;
  }

  _gliding({ group, rows, times }, seconds) {
    const next = lowerBound(times, seconds);
    const before = times[next] === seconds ? next : next - 1;
    const reach = STAYS * this.step;
    const [older, newer] = [before >= 0 && seconds - times[before] <= reach, next < rows.length && times[next] - seconds <= reach];
    if (older && newer && times[next] - times[before] <= reach) {
      const share = next === before ? 0 : (seconds - times[before]) / (times[next] - times[before]);
      return [{ group, row: rows[share > 0.5 ? next : before], box: this._between(rows[before], rows[next], share) }];
    }
    // Nothing is known of the time between two sightings far apart: only half a step around each is sure.
    if (older && seconds - times[before] <= this.step / 2) return [this._still(group, rows[before])];
    if (newer && times[next] - seconds <= this.step / 2) return [this._still(group, rows[next])];
    return [];
  }

  _standing({ group, rows, times }, seconds) {
    const near = lowerBound(times, seconds - this.step / 2);
    if (near >= rows.length || times[near] > seconds + this.step / 2) return [];
    const last = lowerBound(times, seconds + this.step / 2);
    const nearest = [...rows.subarray(near, last)].reduce((best, row) =>
      Math.abs(this.table.begin[row] - seconds) < Math.abs(best - seconds) ? this.table.begin[row] : best, Infinity);
    return [...rows.subarray(near, last)].filter((row) => this.table.begin[row] === nearest).map((row) => this._still(group, row));
  }

  _still(group, row) {
    return { group, row, box: [...this.table.box.subarray(4 * row, 4 * row + 4)] };
  }

  _between(first, second, share) {
    const { box } = this.table;
    return [0, 1, 2, 3].map((side) => box[4 * first + side] * (1 - share) + box[4 * second + side] * share);
  }
}

/** The step between frames that were looked at: the smallest that is not rare. */
function usualStep(times) {
  const steps = [];
  for (let k = 1; k < times.length && steps.length < 2000; k++) if (times[k] > times[k - 1] + 1e-6) steps.push(times[k] - times[k - 1]);
  return steps.length ? steps.sort((a, b) => a - b)[Math.floor(steps.length / 4)] : Infinity;
}
