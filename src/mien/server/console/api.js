/**
 * Speaks with the server: the batch API and the documented extensions, nothing else.
 *
 * @module api
 */

/** An answer that is not a success, or no answer at all (`status` 0, `code` "unreachable"). */
export class ApiError extends Error {
  /**
   * @param {number} status HTTP status
   * @param {string} code the server's `code`, "not_found"
   * @param {string} message the server's own message
   */
  constructor(status, code, message) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

const KEY_HEADER = "X-Hume-Api-Key";
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15000;

/** Asks the server in the name of one key. */
export class Api {
  /** @param {string|null} key none where the server is open to its own machine */
  constructor(key) {
    this.key = key || null;
  }

  /** Gives the headers that say whose request it is. */
  headers(more = {}) {
    return this.key ? { [KEY_HEADER]: this.key, ...more } : { ...more };
  }

  /** @returns {Promise<any>} the answer's JSON; throws ApiError */
  async get(path, { signal } = {}) {
    return (await this.raw(path, { signal })).json();
  }

  /**
   * Posts JSON, or a form when the body is a FormData.
   *
   * @returns {Promise<any>} the answer's JSON; throws ApiError
   */
  async post(path, body, { headers = {}, signal } = {}) {
    return (await this.raw(path, { method: "POST", ...asBody(body, headers), signal })).json();
  }

  /** Puts JSON. */
  async put(path, body, { headers = {}, signal } = {}) {
    return (await this.raw(path, { method: "PUT", ...asBody(body, headers), signal })).json();
  }

  /** Deletes what lies at a path. */
  async del(path, { signal } = {}) {
    return (await this.raw(path, { method: "DELETE", signal })).json();
  }

  /**
   * Sends a request and gives the untouched answer, to read its body as a stream or a blob.
   *
   * @returns {Promise<Response>} of success; throws ApiError for all others, and AbortError when stopped
   */
  async raw(path, { method = "GET", headers = {}, body, signal } = {}) {
    let response;
    try {
      response = await fetch(path, { method, headers: this.headers(headers), body, signal, cache: "no-store" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError(0, "unreachable", "The server does not answer. Is it running?");
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  /**
   * Posts a form and tells how much of it has left; `fetch` cannot tell that.
   *
   * @param {string} path
   * @param {FormData} form
   * @param {{headers?: object, signal?: AbortSignal, onProgress?: (share: number) => void}} [options] share is 0…1
   * @returns {Promise<any>} the answer's JSON; throws ApiError
   */
  upload(path, form, { headers = {}, signal, onProgress } = {}) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", path);
      for (const [name, value] of Object.entries(this.headers(headers))) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) onProgress?.(event.loaded / event.total);
      };
      request.onerror = () => reject(new ApiError(0, "unreachable", "The connection broke while the files were sent."));
      request.onabort = () => reject(new DOMException("stopped", "AbortError"));
      request.onload = () => {
        const answer = parsed(request.responseText);
        if (request.status >= 200 && request.status < 300) resolve(answer);
        else reject(errorFrom(request.status, answer));
      };
      signal?.addEventListener("abort", () => request.abort(), { once: true });
      request.send(form);
    });
  }

  /**
   * Follows a stream of server-sent events, with the key in a header as `EventSource` cannot, and connects again
   * when the line breaks. Ends after the event `end`, or when stopped.
   *
   * @param {string} path
   * @param {{signal?: AbortSignal, onLine?: (up: boolean) => void}} [options] onLine tells whether the line is up
   * @returns {AsyncGenerator<{event: string, data: any}>} throws ApiError when the server refuses (4xx)
   */
  async *events(path, { signal, onLine } = {}) {
    let wait = FIRST_WAIT_MS;
    while (!signal?.aborted) {
      try {
        const response = await this.raw(path, { headers: { Accept: "text/event-stream" }, signal });
        onLine?.(true);
        wait = FIRST_WAIT_MS;
        for await (const message of messagesOf(response.body)) {
          yield message;
          if (message.event === "end") return;
        }
      } catch (error) {
        if (signal?.aborted || error.name === "AbortError") return;
        if (error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429) throw error;
      }
      onLine?.(false);
      await pause(wait, signal);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }
}

function asBody(body, headers) {
  if (body === undefined || body === null) return { headers };
  if (body instanceof FormData) return { headers, body };
  return { headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function errorOf(response) {
  return errorFrom(response.status, parsed(await response.text().catch(() => "")));
}

function errorFrom(status, answer) {
  const message = typeof answer?.message === "string" ? answer.message : `The server answered with HTTP ${status}.`;
  return new ApiError(status, typeof answer?.code === "string" ? answer.code : "unknown", message);
}

/** Cuts a stream of bytes into its events, whose data is JSON. */
async function* messagesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      waiting += value.replaceAll("\r\n", "\n");
      let border;
      while ((border = waiting.indexOf("\n\n")) >= 0) {
        const message = messageFrom(waiting.slice(0, border));
        waiting = waiting.slice(border + 2);
        if (message) yield message;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function messageFrom(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
  }
  return data.length ? { event, data: parsed(data.join("\n")) } : event === "end" ? { event, data: null } : null;
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
