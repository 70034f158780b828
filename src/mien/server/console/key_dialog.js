/**
 * Asks what a new key may do, and shows it once.
 *
 * @module key_dialog
 */

import { copyButton, openDialog } from "./dialogs.js";
import { h, icon, replace } from "./dom.js";

/** What a key may do, in words. */
export const SCOPES = [
  ["read", "See jobs and results"],
  ["write", "Start, stop and delete jobs"],
  ["admin", "See the server, make and revoke keys"],
];

/** Asks what a new key may do, makes it, and shows it this once. @returns {Promise<boolean>} whether one was made */
export async function newKey(api) {
  const fields = keyFields();
  const error = h("p", { class: "field-error", role: "alert" });
  const made = await openDialog({
    title: "New key",
    body: (close) =>
      h(
        "form",
        {
          class: "stack",
          id: "new-key",
          on: {
            submit: async (event) => {
              event.preventDefault();
              try {
                close(await api.post("/v0/mien/keys", fields.value()));
              } catch (problem) {
                replace(error, problem.message);
              }
            },
          },
        },
        fields.element,
        error,
      ),
    actions: (close) => [
      h("button", { type: "button", class: "button", on: { click: () => close() } }, "Cancel"),
      h("button", { type: "submit", class: "button primary", form: "new-key" }, "Make the key"),
    ],
  });
  if (!made) return false;
  await openDialog({
    title: `Key of ${made.owner}`,
    body: [
      h(
        "div",
        { class: "notice", dataset: { kind: "warn" } },
        icon("alert"),
        h("p", null, "Copy it now: it is shown this once, and kept nowhere."),
      ),
      h("code", { class: "code wrap new-key" }, made.key),
    ],
    actions: (close) => [
      copyButton(made.key, "Copy the key"),
      h("button", { type: "button", class: "button primary", on: { click: () => close() } }, "Done"),
    ],
  });
  return true;
}

function keyFields() {
  const owner = h("input", { type: "text", id: "key-owner", required: true, maxLength: 200, autocomplete: "off" });
  const email = h("input", { type: "email", id: "key-email", autocomplete: "off" });
  const days = h("input", { type: "number", id: "key-days", min: 1, max: 36500, placeholder: "never" });
  const jobs = h("input", { type: "number", id: "key-jobs", min: 1, placeholder: "any number" });
  const scopes = SCOPES.map(([name, words]) => ({
    name,
    words,
    input: h("input", { type: "checkbox", checked: name !== "admin" }),
  }));
  const field = (input, label, hint) =>
    h(
      "div",
      { class: "field" },
      h("label", { for: input.id }, label),
      input,
      hint ? h("p", { class: "hint" }, hint) : null,
    );
  const value = () => ({
    owner: owner.value.trim(),
    scopes: scopes.filter(({ input }) => input.checked).map(({ name }) => name),
    ...(email.value ? { email: email.value.trim() } : {}),
    ...(days.value ? { expires_days: Number(days.value) } : {}),
    ...(jobs.value ? { quota: Number(jobs.value) } : {}),
  });
  const element = h(
    "div",
    { class: "stack" },
    field(owner, "Owner", "A name to know the key by."),
    h(
      "fieldset",
      { class: "stack tight" },
      h("legend", null, "May"),
      scopes.map(({ words, input }) => h("label", { class: "check" }, input, words)),
    ),
    h("div", { class: "pair" }, field(days, "Ends after days"), field(jobs, "Jobs in 24 hours")),
    field(email, "Mail address", "For jobs that ask for a mail at their end."),
  );
  return { element, value };
}
