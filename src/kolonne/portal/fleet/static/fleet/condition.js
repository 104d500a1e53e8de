// What a van is doing and whether it needs a person: signals in, words' keys out. Pure, and the same rules as
// `fleet/condition.py`; both are tested with `fleet/tests/conditions.json`.

/** @import { Condition, Drive, Reading, Sentence, Signals } from "./types.d.ts" */

export const LOST_AFTER = 15 * 60_000;
export const STALE_AFTER = 10 * 60_000;
export const DOOR_PATIENCE = 10 * 60_000;
const LOW_CHARGE = 15;
const STANDSTILL_KMH = 3;

export const DOORS = ["door_front_driver", "door_front_passenger", "door_rear_driver", "door_rear_passenger", "tailgate"];
export const TYRES = ["front_left", "front_right", "rear_left", "rear_right"];

/** @param {string} key @param {Sentence["params"]} [params] @returns {Sentence} */
const say = (key, params = {}) => ({ key, params });

/** @param {Signals} signals @param {string} name */
const value = (signals, name) => signals[name]?.[0];

/** @param {Signals} signals @param {string} name @returns {number | null} */
export function number(signals, name) {
  const found = value(signals, name);
  return typeof found === "number" ? found : null;
}

/** Vehicle time of the newest reading, 0 if there is none. @param {Signals} signals */
export function lastSeen(signals) {
  let newest = 0;
  for (const name in signals) newest = Math.max(newest, signals[name][1]);
  return newest;
}

/** @param {Signals} signals */
export function isMoving(signals) {
  const speed = number(signals, "speed");
  return speed === null ? value(signals, "moving") === true : speed > STANDSTILL_KMH;
}

/** Since when the van has not moved, or null. @param {Signals} signals */
export function standingSince(signals) {
  if (isMoving(signals)) return null;
  const reading = signals.moving?.[0] === false ? signals.moving : signals.speed;
  return reading ? reading[2] : null;
}

/** Percent of what it drives on: charge for electric vans, fuel otherwise. @param {Signals} signals @param {Drive} drive */
export function level(signals, drive) {
  const charge = number(signals, "soc");
  const fuel = number(signals, "fuel_level");
  return drive === "diesel" || drive === "petrol" ? (fuel ?? charge) : (charge ?? fuel);
}

/** @param {Signals} signals @param {number} now @returns {Sentence[]} */
function doorProblems(signals, now) {
  if (isMoving(signals)) return DOORS.filter((door) => value(signals, door) === true).map((door) => say(`${door}_moving`));
  return DOORS.filter((door) => value(signals, door) === true && now - signals[door][2] > DOOR_PATIENCE).map((door) =>
    say(`${door}_open`, { for: now - signals[door][2] }),
  );
}

/** @param {Signals} signals @returns {Sentence[]} */
function energyProblems(signals) {
  const charge = number(signals, "soc");
  const state = value(signals, "charge_state");
  /** @type {Sentence[]} */
  const found = [];
  if (value(signals, "plugged") === true && state === "REFUSED") found.push(say("charge_refused"));
  else if (value(signals, "plugged") === true && state === "FAULT") found.push(say("charge_fault"));
  if (charge !== null && charge < LOW_CHARGE && value(signals, "charging") !== true) found.push(say("charge_low", { percent: charge }));
  if (value(signals, "fuel_low") === true) found.push(say("fuel_low", { percent: number(signals, "fuel_level") ?? 0 }));
  return found;
}

/** Everything that needs a person, worst first. @param {Signals} signals @param {number} now @returns {Sentence[]} */
export function problems(signals, now) {
  /** @type {Sentence[]} */
  const found = [];
  if (value(signals, "airbag") === true) found.push(say("airbag"));
  if (value(signals, "broken_down") === true) found.push(say("broken_down"));
  if (value(signals, "alarm") === true) found.push(say("alarm"));
  found.push(...doorProblems(signals, now), ...energyProblems(signals));
  for (const wheel of TYRES) {
    const pressure = number(signals, `tyre_${wheel}`);
    if (value(signals, `tyre_low_${wheel}`) === true) found.push(say(`tyre_${wheel}_low`, pressure === null ? {} : { bar: pressure / 100 }));
  }
  return found;
}

/** @param {Signals} signals @returns {Sentence} */
function charging(signals) {
  const power = number(signals, "charge_power");
  const left = number(signals, "charge_time_left");
  if (power !== null && left) return say("charging_ready", { kw: power, ready: signals.charge_time_left[1] + left * 1000 });
  return power !== null && power > 0 ? say("charging_power", { kw: power }) : say("charging");
}

/** What the van does now, alerts aside. @param {Signals} signals @returns {["moving" | "charging" | "standing", Sentence]} */
export function activity(signals) {
  if (isMoving(signals)) return ["moving", say("moving", { kmh: Math.max(0, number(signals, "speed") ?? 0) })];
  if (value(signals, "charging") === true) return ["charging", charging(signals)];
  if (value(signals, "plugged") === true && value(signals, "charge_state") === "COMPLETE") return ["standing", say("charged")];
  if (value(signals, "plugged") === true && value(signals, "charge_state") === "WAITING") return ["standing", say("charge_waiting")];
  const since = standingSince(signals);
  return ["standing", since === null ? say("standing") : say("standing_since", { since })];
}

/**
 * The one state under which lists and maps show a van. Silence comes first, because what a silent van said last is no
 * longer known to be true; then what needs a person; then what it does.
 * @param {Signals} signals @param {number} now @param {number} [seen] vehicle time of the newest reading, if known
 * @returns {Condition}
 */
export function condition(signals, now, seen = lastSeen(signals)) {
  const [state, doing] = activity(signals);
  if (seen === 0) return { state: "lost", sentence: say("never_seen"), problems: [], doing: say("never_seen") };
  if (now - seen > LOST_AFTER) {
    const silent = say("lost", { for: now - seen, seen });
    return { state: "lost", sentence: silent, problems: [], doing: silent };
  }
  const found = problems(signals, now);
  return found.length > 0
    ? { state: "alert", sentence: found[0], problems: found, doing }
    : { state, sentence: doing, problems: [], doing };
}

/** @param {Reading | undefined} reading @param {number} now */
export function isStale(reading, now) {
  return !reading || now - reading[1] > STALE_AFTER;
}
