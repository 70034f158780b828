import assert from "node:assert/strict";
import { test } from "node:test";
import { differences, firstPair, sidesOf, spreads } from "../../../src/mien/server/console/results/comparing.js";
import { Chosen } from "../../../src/mien/server/console/results/controls.js";
import { toxicStretches } from "../../../src/mien/server/console/results/language.js";
import { MeasuredFile, Results, tableFrom } from "../../../src/mien/server/console/results/model.js";
import { fullest, passageOf, readerOf, sentimentOf } from "../../../src/mien/server/console/results/passage.js";
import { makeReport } from "../../../src/mien/server/console/results/report.js";

const scores = (named) => Object.entries(named).map(([name, score]) => ({ name, score }));

/** Words that stand one behind the other; `gap` characters lie before each. */
function words(told, group = "unknown") {
  let at = 0;
  const predictions = told.map(({ text, gap = 1, time = null, joy = 0, ...heads }) => {
    const begin = at === 0 ? 0 : at + gap;
    at = begin + text.length;
    return { text, position: { begin, end: at }, time, emotions: scores({ Joy: joy, Calmness: 0.4 }), ...heads };
  });
  return [{ id: group, predictions }];
}

function fileWith(tables, name = "a.mp4", type = "video") {
  const file = new MeasuredFile(0, name, type);
  for (const [model, grouped] of Object.entries(tables)) file.tables.set(model, tableFrom(model, grouped));
  return file;
}

function faces(joys) {
  return Object.entries(joys).map(([id, all]) => ({ id, predictions: all.map((joy, k) => ({ frame: k, time: k / 3, box: { x: 0, y: 0, w: 9, h: 9 }, emotions: scores({ Joy: joy, Calmness: 0.4 }) })) }));
}

test("words make a text again, with its paragraphs and without gaps where there were none", () => {
  const passage = passageOf(tableFrom("language", words([{ text: "Hi," }, { text: "you." }, { text: "New", gap: 2 }, { text: "日", gap: 0 }])));
  assert.deepEqual(passage.gaps.slice(1), [" ", " ", ""]);
  assert.deepEqual(passage.paragraphs.map(({ first, last }) => [first, last]), [[0, 2], [2, 4]]);
  assert.equal(passage.timed, false);
});

test("what two people say comes in the order of the text", () => {
  const said = (text, begin, seconds) => ({ text, position: { begin, end: begin + text.length }, time: { begin: seconds, end: seconds + 1 }, emotions: scores({ Joy: 0.1 }) });
  const table = tableFrom("language", [{ id: "spk_1", predictions: [said("fine", 4, 2)] }, { id: "spk_0", predictions: [said("How", 0, 0), said("good", 9, 4)] }]);
  const passage = passageOf(table);
  assert.deepEqual([...passage.rows].map((row) => table.text[row]), ["How", "fine", "good"]);
  assert.deepEqual(passage.paragraphs.map(({ group }) => group), ["spk_0", "spk_1", "spk_0"]);
  assert.deepEqual([...passage.begins], [0, 2, 4]);
});

test("colours reach from nothing to what one word in a hundred exceeds; sentiment from -1 to 1", () => {
  const table = tableFrom("language", words([{ text: "a", joy: 0.2 }, { text: "b", joy: 0.6, sentiment: scores({ 1: 0.5, 9: 0.5 }) }, { text: "c", sentiment: scores({ 9: 1 }) }]));
  assert.ok(Math.abs(fullest(passageOf(table), readerOf(table, "Joy")) - 0.2) < 1e-6);
  assert.ok(Number.isNaN(sentimentOf(table, 0)));
  assert.equal(sentimentOf(table, 1), 5);
  assert.equal(readerOf(table, "sentiment")(2), 1);
});

test("toxic words that follow one another are one stretch", () => {
  const toxic = (toxic, insult) => scores({ toxic, insult });
  const table = tableFrom("language", words([{ text: "a", toxicity: toxic(0.1, 0) }, { text: "b", toxicity: toxic(0.6, 0.7) }, { text: "c", toxicity: toxic(0.9, 0.2) }, { text: "d", toxicity: toxic(0, 0) }]));
  const found = toxicStretches(table, passageOf(table));
  assert.deepEqual(found.map(({ first, last, kind }) => [first, last, kind]), [[1, 3, "toxic"]]);
});

test("the strongest expressions are chosen until somebody chooses others", () => {
  const chosen = new Chosen();
  const file = fileWith({ face: faces({ face_0: [0.9, 0.8] }) });
  let changes = 0;
  chosen.addEventListener("change", () => { changes += 1; });
  assert.equal(chosen.suit(file), true);
  assert.deepEqual([chosen.expressions, chosen.suit(file), changes], [["Joy", "Calmness"], false, 1]);
  chosen.toggle("Joy");
  chosen.suit(file);
  assert.deepEqual([chosen.expressions, chosen.auto], [["Calmness"], false]);
  chosen.automatic(file);
  assert.deepEqual(chosen.expressions, ["Joy", "Calmness"]);
});

test("two people are compared first, else two files", () => {
  const both = fileWith({ face: faces({ face_1: [0.1], face_0: [0.2] }) });
  const one = fileWith({ face: faces({ face_0: [0.5] }) }, "b.mp4");
  assert.deepEqual(firstPair(sidesOf([one, both], "face"), both).map(({ group }) => group), ["face_0", "face_1"]);
  assert.deepEqual(firstPair(sidesOf([one, both], "face"), one).map(({ file }) => file.name), ["b.mp4", "a.mp4"]);
  assert.deepEqual(firstPair(sidesOf([one], "face"), one), []);
});

test("the largest difference of the means comes first", () => {
  const table = tableFrom("face", faces({ face_0: [0, 0.5, 1], face_1: [0.2, 0.2] }));
  const [first, second] = ["face_0", "face_1"].map((id) => spreads(table, table.rowsOf(id), "emotions"));
  const [most] = differences(first, second);
  assert.equal(most.label, "Joy");
  assert.ok(Math.abs(most.difference - 0.3) < 1e-6);
  assert.deepEqual(first.get("Joy").shares.map((share) => Number(share.toFixed(2))), [0.1, 0.25, 0.5, 0.75, 0.9]);
});

test("a report holds what was measured and takes no text for markup", async () => {
  const results = new Results();
  results.sources.push({ index: 0, type: "file", name: "<b>.mp4", error: null });
  results.files.push(fileWith({ face: faces({ face_0: [0.1, 0.9] }), language: words([{ text: "</script><img src=x>", joy: 0.5 }, { text: "b" }]) }, "<b>.mp4"));
  results.files[0].errors.push("a <i>reason</i>");
  results.finish();
  const loaded = [];
  const load = async (path) => { loaded.push(path); return path.endsWith(".js") ? `/* ${path} </script> */` : "p {}"; };
  const html = await (await makeReport({ results, title: "A & <b>", load, now: 0 })).text();
  assert.deepEqual(loaded.sort(), ["/console/plotly.min.js", "/console/results/report.css", "/console/results/report_page.js"]);
  assert.match(html, /<h1>A &amp; &lt;b&gt;<\/h1>/);
  assert.match(html, /It does not say what a person feels/);
  assert.ok(!html.includes("<img") && !html.includes("<i>reason"));
  assert.equal(html.match(/<\/script>/g).length, 3);
  const [, charts] = /id="charts">(.*)<\/script>\n<script>/.exec(html);
  assert.deepEqual(JSON.parse(charts)[0].lines[0], { name: "Joy", x: [0, 333], y: [0.1, 0.9] });
});
