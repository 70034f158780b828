/** Lists the people, places and things a text names, where it does, and what it expresses there. */

import { h, icon, replace, uniqueId } from "../dom.js";
import { clock } from "./naming.js";

const FIRST = 50;
const MENTIONS = 8;
const EXPRESSIONS = 3;

/**
 * Show the named entities of a file; nothing where none were looked for or found.
 * @param {import("./model.js").MeasuredFile} file
 * @param {object} view the ViewContext
 * @returns {{element: HTMLElement, refresh: () => void, destroy: () => void}}
 */
export function entitiesView(file, view) {
  const count = h("p", { class: "small muted", role: "status" });
  const body = h("tbody");
  const more = h("button", { type: "button", class: "button small", hidden: true, on: { click: () => { all = true; draw(); } } }, "Show all");
  const title = uniqueId("entities");
  const element = h("section", { class: "panel entities", "aria-labelledby": title },
    h("div", { class: "panel-head" }, h("h3", { id: title }, "Named entities"), count),
    h("div", { class: "table-wrap", tabIndex: 0, role: "group", "aria-labelledby": title }, h("table", { class: "table" },
      h("thead", null, h("tr", null, ["Name", "Where", "Expressed there", "Certainty"].map((name) => h("th", { scope: "col", class: name === "Certainty" ? "end" : null }, name)))), body)),
    more);
  let drawn = -1;
  let all = false;
  const draw = () => {
    const table = file.tables.get("ner");
    const entities = entitiesOf(table);
    replace(body, (all ? entities : entities.slice(0, FIRST)).map((entity) => entityRow(entity, table, view)));
    replace(count, `${entities.length} ${entities.length === 1 ? "name" : "names"}, ${table.count} ${table.count === 1 ? "mention" : "mentions"}`);
    more.hidden = all || entities.length <= FIRST;
    more.textContent = `Show all ${entities.length}`;
  };
  const refresh = () => {
    const rows = file.tables.get("ner")?.count ?? 0;
    element.hidden = rows === 0;
    if (!rows || rows === drawn) return;
    drawn = rows;
    draw();
  };
  refresh();
  return { element, refresh, destroy() {} };
}

/**
 * Gather the mentions of each entity: those with one address are one entity, else those written alike.
 * @param {import("./model.js").Table} table
 * @returns {{name: string, uri: string, rows: number[], certainty: number}[]} most mentioned first
 */
export function entitiesOf(table) {
  const found = new Map();
  for (let i = 0; i < table.count; i += 1) {
    const { entity = "", uri = "", entity_confidence: certainty = NaN } = table.extras?.[i] ?? {};
    const key = uri || entity.toLowerCase();
    if (!found.has(key)) found.set(key, { name: String(entity), uri: String(uri), rows: [], certainty: NaN });
    const one = found.get(key);
    one.rows.push(i);
    if (!(certainty <= one.certainty)) one.certainty = certainty;
  }
  return [...found.values()].sort((a, b) => b.rows.length - a.rows.length || b.certainty - a.certainty);
}

function entityRow({ name, uri, rows, certainty }, table, view) {
  return h("tr", null, h("th", { scope: "row" }, linked(name, uri)), h("td", null, places(rows, table, view)),
    h("td", null, expressed(rows, table)), h("td", { class: "end num" }, Number.isNaN(certainty) ? "–" : certainty.toFixed(2)));
}

/** Return a name with its link; addresses of other kinds than the web's are shown and not followed. */
function linked(name, uri) {
  if (!/^https?:\/\//i.test(uri)) return uri ? [name, h("span", { class: "small muted break" }, ` ${uri}`)] : name;
  const [host] = uri.replace(/^https?:\/\//i, "").split("/");
  return h("a", { href: uri, target: "_blank", rel: "noopener noreferrer" }, name, h("span", { class: "entity-host small" }, icon("link"), host),
    h("span", { class: "visually-hidden" }, " (opens in a new tab)"));
}

function places(rows, table, view) {
  const items = rows.slice(0, MENTIONS).map((row) => {
    const seconds = table.begin[row];
    if (!Number.isNaN(seconds)) {
      return h("li", null, h("button", { type: "button", class: "link num", "aria-label": `Play from ${clock(seconds)}`, on: { click: () => view.playhead.seek(seconds) } }, clock(seconds)));
    }
    const begin = table.position?.[2 * row] ?? -1;
    return begin >= 0 ? h("li", { class: "num" }, `character ${begin.toLocaleString("en")}`) : null;
  });
  const rest = rows.length - MENTIONS;
  return h("ul", { class: "entity-places small" }, items, rest > 0 ? h("li", { class: "muted" }, `and ${rest} more`) : null);
}

function expressed(rows, table) {
  const { labels, scores } = table.heads.get("emotions") ?? { labels: [], scores: [] };
  const mean = labels.map((label, j) => [label, rows.reduce((sum, row) => sum + scores[row * labels.length + j], 0) / rows.length]);
  const strongest = mean.filter(([, score]) => !Number.isNaN(score)).sort((a, b) => b[1] - a[1]).slice(0, EXPRESSIONS);
  return h("ul", { class: "entity-expressions small" }, strongest.map(([label, score]) => h("li", null, label, " ", h("span", { class: "muted num" }, score.toFixed(2)))));
}
