/**
 * Reads predictions in a thread of its own. It is sent pieces of the answer, `{bytes}`, and then `{end: true}`; it sends
 * back `{findings, taken}` now and then, where `taken` counts the bytes read since, and at last `{over: true}` or
 * `{error}`.
 */
import { transferables } from "./bunch.js";
import { PredictionStream } from "./stream.js";

const EVERY_MILLISECONDS = 100;
const LARGE_BUNCH = 64;
/** The page waits until what it sent is read: it must hear of it though no time has passed. */
const EVERY_BYTES = 4 << 20;

let findings = [];
let taken = 0;
let last = -Infinity;
const stream = new PredictionStream((finding) => findings.push(finding));

function send(more = {}) {
  // Handing over costs more than copying where a buffer is small.
  const buffers = findings.flatMap(({ bunch }) => (bunch?.count >= LARGE_BUNCH ? transferables(bunch) : []));
  self.postMessage({ findings, taken, ...more }, buffers);
  findings = [];
  taken = 0;
  last = performance.now();
}

self.onmessage = ({ data }) => {
  try {
    if (data.end) {
      stream.finish();
      return send({ over: true });
    }
    stream.push(data.bytes);
    taken += data.bytes.length;
    if (performance.now() - last < EVERY_MILLISECONDS && taken < EVERY_BYTES) return;
    stream.flush();
    send();
  } catch (error) {
    send({ error: error instanceof SyntaxError ? `These are no predictions: ${error.message}.` : String(error) });
    self.close();
  }
};
