/**
 * Draws the Markdown that model cards are written in: headings, paragraphs, lists, tables, code, emphasis, links.
 *
 * @module markdown
 */

import { h } from "./dom.js";

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)|<(https?:[^>\s]+)>/g;
const STARTS = /^(#{1,6}\s|[*-]\s|\d+\.\s|\||```|>)/;

/**
 * Draws a text.
 *
 * @param {string} source
 * @param {number} [top] the level its first heading gets
 * @returns {HTMLElement[]}
 */
export function markdown(source, top = 3) {
  const lines = source.replaceAll("\r\n", "\n").split("\n");
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const [block, next] = blockAt(lines, at, top);
    if (block) blocks.push(block);
    at = Math.max(next, at + 1);
  }
  return blocks;
}

function blockAt(lines, at, top) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  const heading = /^(#{1,6})\s+(.*)/.exec(line);
  if (heading) return [h(`h${Math.min(6, heading[1].length + top - 1)}`, null, inline(heading[2])), at + 1];
  if (line.startsWith("```")) return codeAt(lines, at);
  if (line.startsWith("|")) return tableAt(lines, at);
  if (/^([*-]|\d+\.)\s/.test(line)) return listAt(lines, at);
  return paragraphAt(lines, at);
}

function codeAt(lines, at) {
  let end = at + 1;
  while (end < lines.length && !lines[end].startsWith("```")) end += 1;
  return [h("code", { class: "code", tabindex: 0 }, lines.slice(at + 1, end).join("\n")), end + 1];
}

function tableAt(lines, at) {
  let end = at;
  while (end < lines.length && lines[end].startsWith("|")) end += 1;
  const [head, rule = "", ...rows] = lines.slice(at, end).map(cells);
  const ends = [...(rule || [])].map((mark) => (/-:$/.test(mark) ? "end" : null));
  const cell = (tag) => (text, i) => h(tag, { class: ends[i], scope: tag === "th" ? "col" : null }, inline(text));
  const headed = head.some(Boolean) ? h("thead", null, h("tr", null, head.map(cell("th")))) : null;
  const table = h(
    "table",
    { class: "table" },
    headed,
    h(
      "tbody",
      null,
      rows.map((row) => h("tr", null, row.map(cell("td")))),
    ),
  );
  return [h("div", { class: "table-wrap", tabindex: 0, role: "group", "aria-label": "Table" }, table), end];
}

function cells(line) {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());
}

function listAt(lines, at) {
  const items = [];
  const ordered = /^\d/.test(lines[at]);
  let end = at;
  while (end < lines.length && lines[end].trim()) {
    const item = /^\s*(?:[*-]|\d+\.)\s+(.*)/.exec(lines[end]);
    if (item) items.push(item[1]);
    else items.push(`${items.pop()} ${lines[end].trim()}`);
    end += 1;
  }
  return [
    h(
      ordered ? "ol" : "ul",
      null,
      items.map((item) => h("li", null, inline(item))),
    ),
    end,
  ];
}

function paragraphAt(lines, at) {
  let end = at;
  const words = [];
  while (end < lines.length && lines[end].trim() && (end === at || !STARTS.test(lines[end])))
    words.push(lines[end++].replace(/^>\s?/, "").trim());
  return [h("p", null, inline(words.join(" "))), end];
}

/** Draws emphasis, code and links within a line; a link that leads elsewhere than to the web stays words. */
function inline(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, strong, em, words, address, bare] = match;
    parts.push(text.slice(at, match.index));
    if (code) parts.push(h("code", null, code));
    else if (strong) parts.push(h("strong", null, inline(strong)));
    else if (em) parts.push(h("em", null, em));
    else parts.push(link(words ?? bare, address ?? bare));
    at = match.index + whole.length;
  }
  return [...parts, text.slice(at)];
}

function link(words, address) {
  return /^https?:/.test(address)
    ? h("a", { href: address, rel: "noreferrer noopener", target: "_blank" }, words)
    : words;
}
