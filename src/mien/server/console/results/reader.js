/** Reads a predictions array into `Results` while it arrives, in a worker, so that the page stays quick. */
import { Gathering } from "./apply.js";
import { Results } from "./model.js";

/** How many bytes may lie unread with the worker, so that a fast server does not fill the memory. */
const MOST_WAITING = 16 << 20;

/**
 * Reads an answer to `GET …/predictions`, or a file that holds one.
 * @param {Response} response
 * @param {{signal?: AbortSignal}} options
 * @returns {Results} fills itself: it fires `grow` meanwhile and `done` at the end, then with `error` if it was cut short
 */
export function readResults(response, { signal } = {}) {
  const results = new Results();
  const worker = new Worker(new URL("./reader_worker.js", import.meta.url), { type: "module" });
  const flow = new Flow(results, worker);
  const finish = (error) => {
    worker.terminate();
    flow.open();
    results.finish(error);
  };
  worker.onmessage = ({ data }) => {
    flow.take(data);
    if (data.error) finish(new Error(data.error));
    else if (data.over) finish(null);
  };
  worker.onerror = (event) => finish(new Error(event.message || "The predictions could not be read."));
  signal?.addEventListener("abort", () => finish(new Error("Reading was stopped.")), { once: true });
  pump(response.body.getReader(), flow).catch((error) => finish(error));
  return results;
}

async function pump(reader, flow) {
  for (;;) {
    const { done, value } = await reader.read();
    if (flow.results.done) return void reader.cancel();
    if (done) return flow.worker.postMessage({ end: true });
    await flow.give(value);
  }
}

/** Sends pieces to the worker, no faster than it reads. */
class Flow {
  constructor(results, worker) {
    this.results = results;
    this.worker = worker;
    this.gathering = new Gathering(results);
    this.waiting = 0;
    this.open = () => {};
  }

  async give(bytes) {
    this.waiting += bytes.length;
    this.worker.postMessage({ bytes }, [bytes.buffer]);
    if (this.waiting > MOST_WAITING) await new Promise((resolve) => (this.open = resolve));
  }

  take({ findings, taken }) {
    this.waiting -= taken;
    if (this.waiting <= MOST_WAITING / 2) this.open();
    for (const finding of findings) this.gathering.add(finding);
    if (findings.length) this.results.grew();
  }
}
