import assert from "node:assert/strict";
import { test } from "node:test";
import { isActive, isOldNews } from "../../../src/mien/server/console/job_states.js";

const job = (status) => ({ state: { status } });
const ALL = ["QUEUED", "IN_PROGRESS", "COMPLETED", "FAILED"];

test("a job is active until it has ended", () => {
  assert.deepEqual(ALL.filter((status) => isActive(job(status))), ["QUEUED", "IN_PROGRESS"]);
});

test("only news that would wake an ended job are old", () => {
  const old = ALL.flatMap((known) => ALL.filter((told) => isOldNews(job(known), job(told))).map((told) => [known, told]));
  assert.deepEqual(old, [
    ["COMPLETED", "QUEUED"],
    ["COMPLETED", "IN_PROGRESS"],
    ["FAILED", "QUEUED"],
    ["FAILED", "IN_PROGRESS"],
  ]);
  assert.equal(isOldNews(undefined, job("QUEUED")), false);
});
