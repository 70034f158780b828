/**
 * Shows whose key this is, makes and revokes keys, and lists what jobs told others.
 *
 * @module pages/keys
 */

import { confirmed, emptyState, fill } from "../dialogs.js";
import { h, icon } from "../dom.js";
import { deliveryTable, resendButton } from "../job_details.js";
import { SCOPES, newKey } from "../key_dialog.js";
import { ago, count, counted, moment } from "../words.js";

/** Makes the page. */
export async function page(context) {
  const { me, api } = context;
  const isAdmin = me.open || me.scopes.includes("admin");
  const keys = h("div", null);
  const deliveries = h("div", null);
  const showKeys = () =>
    fill(
      keys,
      () => api.get("/v0/mien/keys"),
      (list) => keyTable(list, context, showKeys),
    );
  const showDeliveries = () =>
    fill(
      deliveries,
      () => api.get("/v0/mien/deliveries?limit=50"),
      (list) => deliveryList(list, context, showDeliveries),
    );
  if (isAdmin) showKeys();
  showDeliveries();
  const make = h(
    "button",
    {
      type: "button",
      class: "button primary",
      on: {
        click: async () => {
          if (await newKey(api)) showKeys();
        },
      },
    },
    icon("add"),
    "New key",
  );
  const element = h(
    "div",
    { class: "page stack" },
    h("header", { class: "page-head" }, h("h1", null, "Keys and callbacks"), isAdmin ? make : null),
    ownKey(me),
    isAdmin ? panel("All keys", keys) : null,
    panel("Callbacks and mails", deliveries, "The latest 50 of your jobs."),
  );
  return { title: "Keys and callbacks", element };
}

function panel(title, content, hint) {
  return h(
    "section",
    { class: "panel", "aria-label": title },
    h("div", { class: "panel-head" }, h("h2", null, title), hint ? h("p", { class: "hint" }, hint) : null),
    content,
  );
}

function ownKey(me) {
  if (me.open)
    return h(
      "div",
      { class: "notice" },
      icon("info"),
      h("p", null, "This server is open: everybody on this machine may do everything, without a key."),
    );
  const facts = [
    ["Owner", me.owner],
    ["May", me.scopes.map((scope) => SCOPES.find(([name]) => name === scope)?.[1] ?? scope).join("; ")],
    ["Mails go to", me.email ?? "nobody"],
    [
      "Ends",
      me.expires_timestamp_ms ? `${moment(me.expires_timestamp_ms)} (${ago(me.expires_timestamp_ms)})` : "never",
    ],
    ["Quota", me.quota ? quota(me.quota) : "none"],
  ];
  return panel(
    "Your key",
    h(
      "div",
      { class: "panel-body" },
      h(
        "dl",
        { class: "facts" },
        facts.map(([name, value]) => [h("dt", null, name), h("dd", null, value)]),
      ),
    ),
  );
}

function quota(told) {
  return typeof told === "object" ? `${count(told.jobs_per_day)} jobs in 24 hours` : `${count(told)} jobs in 24 hours`;
}

function keyTable(list, context, refresh) {
  if (!list.length)
    return emptyState("key", "No keys yet", "Make one for every program and person that shall use this server.");
  const rows = list.map((record) =>
    h(
      "tr",
      { dataset: { key: record.id } },
      h(
        "th",
        { scope: "row" },
        record.owner,
        " ",
        record.id === context.me.id ? h("span", { class: "chip small" }, "yours") : null,
        h("p", { class: "small muted" }, record.email ?? h("code", null, record.id.slice(0, 8))),
      ),
      h("td", null, record.scopes.join(", ")),
      h("td", null, h("time", { title: moment(record.created_timestamp_ms) }, ago(record.created_timestamp_ms))),
      h("td", null, state(record)),
      h("td", { class: "end" }, revocable(record, context) ? revokeButton(record, context, refresh) : null),
    ),
  );
  return h(
    "div",
    { class: "table-wrap" },
    h(
      "table",
      { class: "table", "aria-label": "All keys" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          ["Owner", "May", "Made", "State"].map((name) => h("th", { scope: "col" }, name)),
          h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, "Actions")),
        ),
      ),
      h("tbody", null, rows),
    ),
  );
}

function revocable(record, { me }) {
  return !record.revoked_timestamp_ms && record.id !== me.id;
}

function state(record) {
  if (record.revoked_timestamp_ms)
    return [
      h("span", { class: "status", dataset: { status: "revoked" } }, "Revoked"),
      h("p", { class: "small muted" }, ago(record.revoked_timestamp_ms)),
    ];
  const ends = record.expires_timestamp_ms;
  if (ends && ends <= Date.now()) return h("span", { class: "status", dataset: { status: "revoked" } }, "Ended");
  return [
    h("span", { class: "status", dataset: { status: "ok" } }, "Valid"),
    ends || record.quota
      ? h(
          "p",
          { class: "small muted" },
          [ends ? `ends ${ago(ends)}` : null, record.quota ? quota(record.quota) : null].filter(Boolean).join(", "),
        )
      : null,
  ];
}

function revokeButton(record, { api, toast }, refresh) {
  const revoke = async () => {
    const sure = await confirmed({
      title: "Revoke this key?",
      text: `The key of ${record.owner} opens nothing from then on. Its jobs stay.`,
      action: "Revoke the key",
    });
    if (!sure) return;
    try {
      await api.del(`/v0/mien/keys/${record.id}`);
      toast(`The key of ${record.owner} was revoked.`, "good");
      refresh();
    } catch (error) {
      toast(error.message, "bad");
    }
  };
  return h(
    "button",
    {
      type: "button",
      class: "button small danger",
      "aria-label": `Revoke the key of ${record.owner}`,
      on: { click: revoke },
    },
    "Revoke",
  );
}

function deliveryList(list, context, refresh) {
  if (!list.length) return emptyState("send", "No messages yet", "A job with a callback URL tells it when it ends.");
  return h(
    "div",
    null,
    deliveryTable(list, (delivery) => resendButton(delivery.job_id, context, refresh)),
    h("p", { class: "small muted list-said" }, counted(list.length, "message")),
  );
}
