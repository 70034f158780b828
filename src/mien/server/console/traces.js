/**
 * Draws an ornament: three traces over one axis with a playhead, as results look. It shows no measurement.
 *
 * @module traces
 */

import { svg } from "./dom.js";

const WIDTH = 440;
const LANE = 64;
const PLAYHEAD = 262;
/** Each lane's bumps: place and width as shares of the axis, height as a share of the lane. */
const LANES = [
  [
    [0.16, 0.05, 0.5],
    [0.32, 0.08, 0.86],
    [0.56, 0.06, 0.42],
    [0.78, 0.1, 0.7],
  ],
  [
    [0.1, 0.07, 0.36],
    [0.44, 0.05, 0.6],
    [0.6, 0.04, 0.92],
    [0.88, 0.06, 0.4],
  ],
  [
    [0.24, 0.06, 0.66],
    [0.5, 0.1, 0.46],
    [0.7, 0.04, 0.34],
    [0.92, 0.05, 0.8],
  ],
];

/** Draws it; screen readers pass over it. */
export function traces() {
  const bottom = LANES.length * LANE + 12;
  const ticks = Array.from({ length: 23 }, (_, i) => `M${i * 20} ${bottom}v${i % 5 ? 4 : 8}`).join("");
  return svg(
    "svg",
    { viewBox: `0 -8 ${WIDTH} ${bottom + 24}`, class: "traces", "aria-hidden": "true" },
    LANES.map((_, i) => svg("path", { class: "lane", d: `M0 ${(i + 1) * LANE}H${WIDTH}` })),
    LANES.map((bumps, i) => svg("path", { class: `t${i + 1}`, d: pathOf(bumps, (i + 1) * LANE) })),
    svg("path", { class: "axis", d: `M0 ${bottom}H${WIDTH}${ticks}` }),
    svg("path", { class: "playhead", d: `M${PLAYHEAD} -4V${bottom}` }),
    LANES.map((bumps, i) =>
      svg("circle", {
        class: `t${i + 1} dot`,
        r: 4.5,
        cx: PLAYHEAD,
        cy: (i + 1) * LANE - height(bumps, PLAYHEAD / WIDTH),
      }),
    ),
  );
}

function pathOf(bumps, ground) {
  const points = Array.from(
    { length: 111 },
    (_, i) => `${(i / 110) * WIDTH} ${(ground - height(bumps, i / 110)).toFixed(1)}`,
  );
  return `M${points.join("L")}`;
}

function height(bumps, at) {
  return bumps.reduce(
    (sum, [place, width, top]) => sum + top * LANE * 0.85 * Math.exp(-(((at - place) / width) ** 2)),
    2,
  );
}
