// Numbers, times and sentences in the page's language. Units follow the catalogue: metres, km/h, kPa, percent.

/** @import { Sentence, Text } from "./types.d.ts" */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NBSP = "\u00a0";

/**
 * @param {string} language of the page: de, nb or en
 * @param {Record<string, Text>} texts
 * @param {string} [timeZone] the company's, as in all that the server writes; else the browser's own
 */
export function formatter(language, texts, timeZone) {
  const locale = language === "en" ? "en-GB" : language; // Days before months and 24 hours, as where these vans drive.
  const plural = new Intl.PluralRules(locale);
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenth = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
  const seconds = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone });
  const day = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", timeZone });
  const dayKey = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", timeZone });

  /** @param {number} value @param {string} unit */
  const withUnit = (value, unit) => `${whole.format(value)}${NBSP}${unit}`;

  /** How long, in one unit: "14 min". @param {number} milliseconds */
  function span(milliseconds) {
    const length = Math.max(0, milliseconds);
    if (length < MINUTE) return withUnit(Math.floor(length / SECOND), "s");
    if (length < HOUR) return withUnit(Math.floor(length / MINUTE), "min");
    if (length < 2 * DAY) return withUnit(Math.floor(length / HOUR), "h");
    return text("days", { n: Math.floor(length / DAY) });
  }

  /** "13:08" today, "Tue 13:08" with its date before. @param {number} at @param {number} now */
  function moment(at, now) {
    const today = dayKey.format(at) === dayKey.format(now);
    return today ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`;
  }

  /** The page's text of that key with `{name}` filled in; a number `n` chooses the plural. @param {string} key @param {Record<string, string | number>} [params] */
  function text(key, params = {}) {
    const found = texts[key];
    if (found === undefined) return key;
    const form = typeof found === "string" ? found : found[plural.select(Number(params.n)) === "one" ? "one" : "other"];
    return form.replace(/\{(\w+)\}/g, (_, name) => {
      const filled = params[name];
      return typeof filled === "number" ? whole.format(filled) : (filled ?? "");
    });
  }

  /** A sentence about a van in words. @param {Sentence} sentence @param {number} now */
  function say(sentence, now) {
    /** @type {Record<string, string>} */
    const filled = {};
    for (const [name, value] of Object.entries(sentence.params)) filled[name] = word(name, value, now);
    return text(sentence.key, filled);
  }

  /** @param {string} name @param {string | number} value @param {number} now */
  function word(name, value, now) {
    if (typeof value === "string") return value;
    if (name === "for") return span(value);
    if (name === "since" || name === "seen" || name === "ready") return moment(value, now);
    if (name === "kw" || name === "bar") return tenth.format(value);
    return whole.format(value);
  }

  return {
    text,
    say,
    span,
    moment,
    clock: (/** @type {number} */ at) => clock.format(at),
    seconds: (/** @type {number} */ at) => seconds.format(at),
    whole: (/** @type {number} */ value) => whole.format(value),
    tenth: (/** @type {number} */ value) => tenth.format(value),
    percent: (/** @type {number} */ value) => withUnit(value, "%"),
    km: (/** @type {number} */ metres) => withUnit(Math.round(metres / 1000), "km"),
    kmh: (/** @type {number} */ speed) => withUnit(Math.round(speed), "km/h"),
    bar: (/** @type {number} */ kilopascal) => `${tenth.format(kilopascal / 100)}${NBSP}bar`,
    degrees: (/** @type {number} */ celsius) => `${whole.format(Math.round(celsius))}${NBSP}°C`,
    volts: (/** @type {number} */ volt) => `${tenth.format(volt)}${NBSP}V`,
    kilowatt: (/** @type {number} */ power) => `${tenth.format(power)}${NBSP}kW`,
  };
}

/** @typedef {ReturnType<typeof formatter>} Formatter */

/** Reads what the template left for scripts. @template T @param {string} id @returns {T} */
export function pageData(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return JSON.parse(element.textContent ?? "");
}
