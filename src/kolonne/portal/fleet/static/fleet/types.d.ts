// Shapes shared by the browser modules; nothing here runs.

/** A signal as the platform tells it: value, vehicle time of the last reading, time since when the value is so. */
export type Reading<T = number | boolean | string> = [value: T, at: number, since: number];

export type Signals = { [name: string]: Reading };

export type Drive = "electric" | "diesel" | "petrol" | "hybrid";

export interface Van {
  id: number;
  vin: string;
  plate: string;
  name: string;
  make: string;
  model: string;
  drive: Drive;
  driver: string;
  signals: Signals;
}

export interface Snapshot {
  now: number;
  vans: Van[];
}

export type StateName = "moving" | "charging" | "standing" | "lost" | "alert";

/** A sentence is a key into the page's texts with what has to be filled in. Times are milliseconds. */
export interface Sentence {
  key: string;
  params: { [name: string]: number | string };
}

export interface Condition {
  state: StateName;
  sentence: Sentence;
  /** What needs a person, worst first; empty if nothing does. */
  problems: Sentence[];
  /** What the van does, whatever else is wrong with it. */
  doing: Sentence;
}

export interface LiveVan extends Van {
  condition: Condition;
  /** Vehicle time of the newest reading, or 0. */
  seen: number;
  /** Charge or fuel in percent, or null. */
  level: number | null;
  /** Lower-case words by which search finds the van. */
  words: string;
  place: string;
}

export interface CommandStep {
  state: CommandState;
  at: string;
  reason: string;
}

export type CommandState = "queued" | "sent" | "accepted" | "done" | "failed" | "expired";

export interface CommandView {
  id: string;
  vehicle_id: number;
  name: string;
  state: CommandState;
  reason: string;
  requested_by: string;
  created_at: string;
  steps: CommandStep[];
}

export type Text = string | { one: string; other: string };

export interface LiveEvents {
  snapshot: (snapshot: Snapshot) => void;
  vans: (vans: { id: number; signals: Signals }[]) => void;
  command: (command: CommandView) => void;
  status: (status: "connecting" | "live" | "lost") => void;
}
