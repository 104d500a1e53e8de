// The vans as this page knows them: a snapshot, then diffs; conditions worked out as time passes.

import { condition, lastSeen, level } from "./condition.js";

/** @import { LiveVan, Signals, Snapshot, StateName, Van } from "./types.d.ts" */

/** @type {StateName[]} */
export const STATES = ["alert", "moving", "charging", "standing", "lost"];

const collator = new Intl.Collator(undefined, { numeric: true });

export class Fleet extends EventTarget {
  /** @type {Map<number, LiveVan>} */
  vans = new Map();
  /** Server time minus this computer's time. */
  #offset = 0;

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
    this.dispatchEvent(new Event("change"));
  }

  /** @param {{ id: number, signals: Signals }[]} changes */
  update(changes) {
    for (const change of changes) {
      const van = this.vans.get(change.id);
      if (!van) continue;
      merge(van.signals, change.signals);
      Object.assign(van, this.#derived(van));
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Time alone changes conditions: a van falls silent, a door stays open too long. */
  tick() {
    for (const van of this.vans.values()) van.condition = condition(van.signals, this.now());
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

/** Those to show: what needs a person first, then by plate, so that rows stay put while vans drive and stop. @param {Fleet} fleet @param {StateName | ""} state @param {string} search */
export function chosen(fleet, state, search) {
  const needles = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...fleet.vans.values()].filter(
    (van) =>
      (!state || van.condition.state === state) &&
      needles.every((needle) => van.words.includes(needle) || van.place.toLowerCase().includes(needle)),
  );
  return found.sort(
    (a, b) => Number(b.condition.state === "alert") - Number(a.condition.state === "alert") || collator.compare(a.plate || a.name, b.plate || b.name),
  );
}
