/**
 * Draws what keeps a request from going, the button that sends it, and how far sending is.
 *
 * @module send_bar
 */

import { h, icon, replace } from "./dom.js";
import { newIdempotencyKey, startJob } from "./sending.js";
import { counted } from "./words.js";

/** Sends a draft; call `refresh` when it has changed. */
export class SendBar {
  /**
   * @param {import("./draft.js").Draft} draft
   * @param {object} context of the page
   * @param {{left: AbortSignal, onSent: (job: string) => void}} given left ends what is being sent
   */
  constructor(draft, context, { left, onSent }) {
    Object.assign(this, { draft, context, onSent });
    this.mayWrite = context.me?.open || (context.me?.scopes ?? []).includes("write");
    this.sending = null;
    this.words = h("p", { class: "small muted grow", role: "status" });
    this.share = h("i");
    this.scale = h("div", { class: "progress", hidden: true }, this.share);
    this.button = h(
      "button",
      { type: "button", class: "button primary", on: { click: () => this.send() } },
      icon("play"),
      "Start job",
    );
    this.stop = h(
      "button",
      { type: "button", class: "button", hidden: true, on: { click: () => this.sending?.abort() } },
      "Stop",
    );
    this.element = h(
      "div",
      { class: "send-bar panel" },
      h("div", { class: "row" }, this.words, this.stop, this.button),
      this.scale,
    );
    left.addEventListener("abort", () => this.sending?.abort(), { once: true });
    this.refresh();
  }

  /** Says what is missing, or what would be sent. */
  refresh() {
    if (this.sending) return;
    // Another request is another job, however often it is sent.
    this.key = newIdempotencyKey();
    const obstacle = this.mayWrite ? this.draft.obstacles[0] : "Your key may look at jobs, and not start any.";
    this.button.disabled = Boolean(obstacle);
    replace(this.words, obstacle ?? summary(this.draft));
  }

  /** Sends the request; sent twice it is one job. */
  async send() {
    const { draft, context } = this;
    this.busy(true);
    try {
      this.tell("Sending the request", null);
      const tell = (text, share) => this.tell(text, share);
      const job = await startJob({ ...context, draft, idempotencyKey: this.key, tell, signal: this.sending.signal });
      this.onSent(job);
    } catch (error) {
      this.busy(false);
      if (error.name === "AbortError") this.refresh();
      else replace(this.words, h("span", { class: "field-error" }, error.message));
    }
  }

  busy(on) {
    this.sending = on ? new AbortController() : null;
    this.button.hidden = on;
    this.stop.hidden = !on;
    this.scale.hidden = !on;
  }

  tell(text, share) {
    replace(this.words, share === null ? `${text}…` : `${text}, ${Math.round(share * 100)} %`);
    this.share.style.setProperty("--share", share ?? 0);
  }
}

function summary(draft) {
  const parts = [
    draft.uploads.length ? counted(draft.uploads.length, "upload") : null,
    draft.urls.length ? counted(draft.urls.length, "URL") : null,
    draft.saidTexts.length ? counted(draft.saidTexts.length, "text") : null,
  ].filter(Boolean);
  return `${parts.join(", ")}; ${counted(draft.models.size, "model")}`;
}
