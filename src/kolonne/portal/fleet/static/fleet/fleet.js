// The vans as this page knows them: a snapshot, then diffs; conditions worked out as time passes.

import { condition, lastSeen, level } from "./condition.js";

/** @import { LiveVan, Signals, Snapshot, StateName, Van } from "./types.d.ts" */

/** @type {StateName[]} */
export const STATES = ["alert", "moving", "charging", "standing", "lost"];

/** So many conditions are worked out anew in one tick; the vans of a big fleet take turns. */
const AT_ONCE = 1000;
const collator = new Intl.Collator(undefined, { numeric: true });

export class Fleet extends EventTarget {
  /** @type {Map<number, LiveVan>} */
  vans = new Map();
  /** By plate, so that rows stay put while vans drive and stop. @type {LiveVan[]} */
  inOrder = [];
  /** Server time minus this computer's time. */
  #offset = 0;
  #turn = 0;

  now() {
    return Date.now() + this.#offset;
  }

  /** @param {Snapshot} snapshot */
  replace(snapshot) {
    this.#offset = snapshot.now - Date.now();
    const known = this.vans;
    this.vans = new Map();
    for (const van of snapshot.vans) {
      const before = known.get(van.id);
      if (before) merge(van.signals, before.signals);
      this.vans.set(van.id, this.#live(van, before?.place ?? ""));
    }
    this.inOrder = [...this.vans.values()].sort((a, b) => collator.compare(a.plate || a.name, b.plate || b.name));
    this.dispatchEvent(new Event("change"));
  }

  /** @param {{ id: number, signals: Signals }[]} changes */
  update(changes) {
    for (const change of changes) {
      const van = this.vans.get(change.id);
      if (!van) continue;
      merge(van.signals, change.signals);
      van.seen = Math.max(van.seen, lastSeen(change.signals));
      van.level = level(van.signals, van.drive);
      van.condition = condition(van.signals, this.now(), van.seen);
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Time alone changes conditions: a van falls silent, a door stays open too long. */
  tick() {
    const turns = Math.ceil(this.inOrder.length / AT_ONCE) || 1;
    this.#turn = (this.#turn + 1) % turns;
    for (let index = this.#turn; index < this.inOrder.length; index += turns) {
      const van = this.inOrder[index];
      van.condition = condition(van.signals, this.now(), van.seen);
    }
    this.dispatchEvent(new Event("tick"));
  }

  /** @returns {Record<StateName, number>} */
  counts() {
    const counts = { alert: 0, moving: 0, charging: 0, standing: 0, lost: 0 };
    for (const van of this.vans.values()) counts[van.condition.state] += 1;
    return counts;
  }

  /** @param {Van} van @param {string} place @returns {LiveVan} */
  #live(van, place) {
    const words = [van.plate, van.plate.replaceAll(" ", ""), van.name, van.driver, van.make, van.model, van.vin].join(" ").toLowerCase();
    return { ...van, ...this.#derived(van), words, place };
  }

  /** @param {Van} van */
  #derived(van) {
    return {
      condition: condition(van.signals, this.now()),
      seen: lastSeen(van.signals),
      level: level(van.signals, van.drive),
    };
  }
}

/** Takes over what is newer. @param {Signals} into @param {Signals} from */
function merge(into, from) {
  for (const [name, reading] of Object.entries(from)) {
    const known = into[name];
    if (!known || known[1] <= reading[1]) into[name] = reading;
  }
}

/** Those to show: what needs a person first, then by plate. @param {Fleet} fleet @param {StateName | ""} state @param {string} search */
export function chosen(fleet, state, search) {
  const needles = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = fleet.inOrder.filter(
    (van) =>
      (!state || van.condition.state === state) &&
      needles.every((needle) => van.words.includes(needle) || van.place.toLowerCase().includes(needle)),
  );
  const urgent = found.filter((van) => van.condition.state === "alert");
  return urgent.length === 0 ? found : [...urgent, ...found.filter((van) => van.condition.state !== "alert")];
}
