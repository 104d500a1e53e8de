// The parts of a van and what is known about each: signals in, a state and its words out. Pure.

import { isStale } from "./condition.js";

/** @import { Formatter } from "./format.js" */
/** @import { Signals } from "./types.d.ts" */

/** @typedef {"locked" | "closed" | "open" | "unknown" | "low" | "good"} PartState */
/** @typedef {{ name: string, state: PartState, stale: boolean, words: string, label: string }} Part */

const LOCKS = {
  door_front_driver: "lock_front_driver",
  door_front_passenger: "lock_front_passenger",
  door_rear_driver: "lock_rear_driver",
  door_rear_passenger: "lock_rear_passenger",
  tailgate: "lock_tailgate",
};
export const DOOR_PARTS = /** @type {(keyof typeof LOCKS)[]} */ (Object.keys(LOCKS));
export const WINDOW_PARTS = ["window_front_driver", "window_front_passenger", "window_rear_driver", "window_rear_passenger"];
export const TYRE_PARTS = ["tyre_front_left", "tyre_front_right", "tyre_rear_left", "tyre_rear_right"];
export const PARTS = [...DOOR_PARTS, "bonnet", ...WINDOW_PARTS, "locked", "plugged", ...TYRE_PARTS];

/** @param {Signals} signals @param {keyof typeof LOCKS} door @returns {PartState} */
function doorState(signals, door) {
  if (!signals[door]) return "unknown";
  if (signals[door][0] === true) return "open";
  const lock = signals[LOCKS[door]] ?? signals.locked;
  return lock?.[0] === true ? "locked" : "closed";
}

/** @param {Signals} signals @param {string} name @returns {PartState} */
function stateOf(signals, name) {
  if (name in LOCKS) return doorState(signals, /** @type {keyof typeof LOCKS} */ (name));
  const reading = signals[name];
  if (!reading) return "unknown";
  if (name.startsWith("tyre_")) return signals[name.replace("tyre_", "tyre_low_")]?.[0] === true ? "low" : "good";
  if (name === "locked") return reading[0] === true ? "locked" : "closed";
  if (name === "plugged") return reading[0] === true ? "locked" : "closed";
  return reading[0] === true ? "open" : "locked";
}

/** @param {Signals} signals @param {string} name @param {PartState} state @param {Formatter} format */
function stateWords(signals, name, state, format) {
  if (state === "unknown") return format.text("part_unknown");
  if (name.startsWith("tyre_")) return format.text(state === "low" ? "tyre_is_low" : "tyre_ok", { bar: format.bar(Number(signals[name][0])) });
  if (name === "locked") return format.text(state === "locked" ? "lock_on" : "lock_off");
  if (name === "plugged") return format.text(state !== "locked" ? "plug_out" : signals.plug_locked?.[0] === true ? "plug_locked" : "plug_in");
  if (state === "open") return format.text("part_open");
  if (name in LOCKS) return format.text(state === "locked" ? "part_locked" : "part_unlocked");
  return format.text("part_closed");
}

/** Parts that this van has: those reported, and the front doors and bonnet of every van. @param {Signals} signals @param {boolean} electric @returns {string[]} */
export function partsOf(signals, electric) {
  const always = ["door_front_driver", "door_front_passenger", "tailgate", "bonnet", "locked", ...TYRE_PARTS, ...(electric ? ["plugged"] : [])];
  return PARTS.filter((name) => name in signals || always.includes(name));
}

/** @param {Signals} signals @param {string} name @param {number} now @param {Formatter} format @returns {Part} */
export function partOf(signals, name, now, format) {
  const state = stateOf(signals, name);
  const words = stateWords(signals, name, state, format);
  const part = format.text(name);
  const reading = signals[name];
  const label = reading
    ? format.text("part_line", { part, state: words, age: format.span(now - reading[1]) })
    : format.text("part_line_unknown", { part });
  return { name, state, stale: Boolean(reading) && isStale(reading, now), words, label };
}
