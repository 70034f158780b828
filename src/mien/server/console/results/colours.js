/**
 * Gives expressions and people their colours. An expression keeps its colour as long as it is chosen; the colours
 * themselves stand in the style sheet, one set for each theme.
 */

const SHADES = 8;
const slots = new Map();

/**
 * Gives each of the chosen expressions a colour; those that had one keep it.
 * @param {string[]} expressions
 */
export function arrangeColours(expressions) {
  for (const label of [...slots.keys()]) if (!expressions.includes(label)) slots.delete(label);
  for (const label of expressions) if (!slots.has(label)) slots.set(label, leastUsed());
}

function leastUsed() {
  const uses = new Array(SHADES).fill(0);
  for (const slot of slots.values()) uses[slot]++;
  return uses.indexOf(Math.min(...uses));
}

/**
 * Gives the colour of an expression for a style, `var(--chart-3)`; one that is not chosen has the colour of the axes.
 * @param {string} label
 */
export function expressionColour(label) {
  return slots.has(label) ? `var(--chart-${slots.get(label) + 1})` : "var(--chart-axis)";
}

/**
 * Gives the colour of a person or speaker for a style.
 * @param {string} id the id of a group: `face_0`, `spk_1`
 * @param {string[]} ids all groups beside it
 */
export function groupColour(id, ids) {
  // Numbers in ids keep colours apart, and the same over files.
  const number = /_(\d+)$/.exec(id)?.[1];
  const place = number !== undefined ? Number(number) : Math.max(0, ids.indexOf(id));
  return `var(--chart-${(place % SHADES) + 1})`;
}

/**
 * Gives what a property of the style sheet is in the theme of now, for canvases and charts.
 * @param {string} colour `var(--chart-3)`, `--line`, or a colour, which stays as it is
 */
export function resolved(colour) {
  const name = /--[\w-]+/.exec(colour)?.[0];
  if (!name) return colour;
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#808080";
}

/**
 * Calls a function whenever the theme changes.
 * @param {() => void} act
 * @returns {() => void} stops it
 */
export function onTheme(act) {
  window.addEventListener("mien-theme", act);
  return () => window.removeEventListener("mien-theme", act);
}
