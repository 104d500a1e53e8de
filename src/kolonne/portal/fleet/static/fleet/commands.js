// Remote commands: asked for by a form, then told truthfully as the platform and the van report.

import { number } from "./condition.js";
import { byId, one } from "./page.js";
import { toast } from "../site/toast.js";

/** @import { Formatter } from "./format.js" */
/** @import { CommandState, CommandView, Signals } from "./types.d.ts" */

/** @type {Record<CommandState, string>} */
const MARKS = { queued: "lost", sent: "standing", accepted: "moving", done: "ok", failed: "alert", expired: "warn" };
const FINISHED = ["done", "failed", "expired"];
const SHOWN = 6;

export class Commands {
  /** @type {Map<string, CommandView>} newest first */
  #known = new Map();
  /** @type {Set<string>} asked for on this page: their failure is told where it is seen */
  #mine = new Set();

  /** @param {HTMLElement} card @param {number} vehicle @param {CommandView[]} recent newest first @param {Formatter} format @param {() => number} now */
  constructor(card, vehicle, recent, format, now) {
    this.card = card;
    this.vehicle = vehicle;
    this.format = format;
    this.now = now;
    this.history = one(card, "#command-history");
    for (const command of recent) this.#known.set(command.id, command);
    card.addEventListener("submit", (event) => this.#submit(event));
    const dialog = /** @type {HTMLDialogElement} */ (byId("pin-dialog"));
    dialog.addEventListener("submit", (event) => this.#pin(event, dialog));
    one(dialog, "[data-cancel]").addEventListener("click", () => dialog.close());
    this.#draw();
  }

  /** What happened while we were not listening. */
  async reload() {
    const form = /** @type {HTMLFormElement | null} */ (this.card.querySelector("form[data-command]"));
    const answer = form && (await fetch(form.action, { headers: { Accept: "application/json" } }));
    if (!answer?.ok) return;
    const { commands } = /** @type {{ commands: CommandView[] }} */ (await answer.json());
    this.#known = new Map(commands.map((command) => [command.id, command]));
    this.#draw();
  }

  /** An event of the live stream, or the answer to a form. @param {CommandView} command */
  take(command) {
    if (command.vehicle_id !== this.vehicle) return;
    const known = this.#known.get(command.id);
    const reason = command.steps.at(-1)?.reason ?? command.reason;
    if (this.#mine.has(command.id) && command.state !== known?.state && ["failed", "expired"].includes(command.state)) {
      toast([this.format.text(`command_${command.name}`), reason && this.format.text(`reason_${reason}`)].filter(Boolean).join(": "), "alert");
    }
    if (known && known.steps.length > command.steps.length) return;
    this.#known = known
      ? new Map([...this.#known, [command.id, command]])
      : new Map([[command.id, command], ...this.#known]);
    this.#draw();
  }

  /** What can be done depends on the van: one of start and stop, and nothing that it would refuse. @param {Signals} signals */
  offer(signals) {
    const is = (/** @type {string} */ name) => signals[name]?.[0] === true;
    const moving = (number(signals, "speed") ?? 0) > 3;
    /** @type {Record<string, string>} */
    const reasons = {};
    if (moving) Object.assign(reasons, { unlock: "why_moving", find: "why_moving" });
    if (signals.plugged && !is("plugged")) reasons.charge_start = "why_not_plugged";
    const hidden = { climate_start: is("climate_on"), climate_stop: !is("climate_on"), charge_start: is("charging"), charge_stop: !is("charging") };
    for (const form of this.card.querySelectorAll("form[data-command]")) {
      const name = /** @type {keyof typeof hidden} */ (form.getAttribute("data-command"));
      const button = one(form, "button");
      const why = button.dataset.why || (reasons[name] ? this.format.text(reasons[name]) : "");
      /** @type {HTMLElement} */ (form).hidden = hidden[name] ?? false;
      button.setAttribute("aria-disabled", String(Boolean(why)));
      button.title = why;
    }
    this.#explain();
  }

  /** Commands that wait for the same reason share a line. */
  #explain() {
    /** @type {Map<string, string[]>} */
    const waiting = new Map();
    for (const button of this.card.querySelectorAll("form[data-command]:not([hidden]) button[aria-disabled='true']")) {
      const why = /** @type {HTMLElement} */ (button).title;
      waiting.set(why, [...(waiting.get(why) ?? []), (button.textContent ?? "").replace("…", "").trim()]);
    }
    const lines = [...waiting].map(([why, names]) => Object.assign(document.createElement("li"), { textContent: `${names.join(", ")}: ${why}` }));
    one(this.card, "#command-reasons").replaceChildren(...lines);
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.dataset.command) return;
    event.preventDefault();
    if (one(form, "button").getAttribute("aria-disabled") === "true") return;
    if (!form.dataset.pin) return void this.#send(form, new FormData(form));
    const dialog = /** @type {HTMLDialogElement} */ (byId("pin-dialog"));
    one(dialog, "[data-pin-error]").hidden = true;
    dialog.dataset.for = form.dataset.command;
    dialog.showModal();
    const field = /** @type {HTMLInputElement} */ (one(dialog, "input[name=pin]"));
    field.value = "";
    field.focus();
  }

  /** @param {SubmitEvent} event @param {HTMLDialogElement} dialog */
  async #pin(event, dialog) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (one(this.card, `form[data-command="${dialog.dataset.for}"]`));
    const data = new FormData(form);
    data.set("pin", /** @type {HTMLInputElement} */ (one(dialog, "input[name=pin]")).value);
    const problem = await this.#send(form, data, true);
    const error = one(dialog, "[data-pin-error]");
    error.hidden = !problem;
    error.textContent = problem;
    if (!problem) dialog.close();
  }

  /** @param {HTMLFormElement} form @param {FormData} data @param {boolean} [quiet] @returns {Promise<string>} why not, or "" */
  async #send(form, data, quiet = false) {
    const button = one(form, "button");
    button.setAttribute("aria-busy", "true");
    let problem = "";
    try {
      data.set("key", newKey());
      const answer = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
      const told = await answer.json();
      if (answer.ok) {
        this.#mine.add(told.command.id);
        this.take(told.command);
      }
      else problem = String(told.detail ?? told.text ?? this.format.text("not_sent"));
    } catch {
      problem = this.format.text("not_sent");
    }
    button.removeAttribute("aria-busy");
    if (problem && !quiet) toast(problem, "alert");
    return problem;
  }

  #draw() {
    const shown = [...this.#known.values()].slice(0, SHOWN);
    one(this.card, "#no-commands").hidden = shown.length > 0;
    this.history.replaceChildren(...shown.map((command) => this.#line(command)));
  }

  /** @param {CommandView} command */
  #line(command) {
    const line = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (/** @type {HTMLTemplateElement} */ (byId("command-line")).content.cloneNode(true)).firstElementChild);
    const start = Date.parse(command.created_at);
    one(line, ".k-mark").className = `k-mark k-mark-${MARKS[command.state]}`;
    line.classList.toggle("is-waiting", !FINISHED.includes(command.state));
    one(line, "[data-name]").textContent = this.format.text(`command_${command.name}`);
    one(line, "[data-by]").textContent = command.requested_by;
    const time = /** @type {HTMLTimeElement} */ (one(line, "time"));
    time.dateTime = command.created_at;
    const moment = this.format.moment(start, this.now());
    time.textContent = moment === this.format.clock(start) ? this.format.seconds(start) : moment;
    one(line, "[data-steps]").replaceChildren(...command.steps.map((step) => this.#step(step, start)));
    const reason = command.steps.at(-1)?.reason ?? command.reason;
    const words = one(line, "[data-reason]");
    words.hidden = !reason;
    words.textContent = reason ? this.format.text(`reason_${reason}`) : "";
    return line;
  }

  /** @param {CommandView["steps"][number]} step @param {number} start */
  #step(step, start) {
    const after = Math.max(0, Date.parse(step.at) - start) / 1000;
    const item = document.createElement("li");
    const state = this.format.text(`state_${step.state}`);
    item.className = `c-step is-${step.state}`;
    item.textContent = step.state === "queued" ? state : `${state} ${after < 60 ? this.format.tenth(after) + "\u00a0s" : this.format.span(after * 1000)}`;
    return item;
  }
}

/** A key by which a request sent twice is one command; `randomUUID` is missing on plain http. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
