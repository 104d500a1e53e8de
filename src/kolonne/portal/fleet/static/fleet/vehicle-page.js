// The page of one van: everything it reports, where it was, and what can be asked of it.

import { Commands } from "./commands.js";
import { number } from "./condition.js";
import { showFacts } from "./facts.js";
import { Fleet } from "./fleet.js";
import { formatter, pageData } from "./format.js";
import { connect } from "./live.js";
import { makeMap } from "./map.js";
import { roads } from "./map-data.js";
import { byId, one } from "./page.js";
import { streetFinder } from "./places.js";
import { Track } from "./track.js";
import { VanDrawing } from "./van-drawing.js";

/** @import { VanMap } from "./map.js" */
/** @import { CommandView, LiveVan, Sentence, Snapshot, Text } from "./types.d.ts" */

/** @typedef {{ topic: string, snapshot: string, stream: string, vehicle: number, track: import("./track.js").Point[] }} Data */

const format = formatter(document.documentElement.lang, /** @type {Record<string, Text>} */ (pageData("texts")), document.documentElement.dataset.timeZone);
const data = /** @type {Data} */ (pageData("vehicle"));
const fleet = new Fleet();
const page = byId("vehicle-page");
const drawing = new VanDrawing(byId("drawing"), byId("parts"), format, byId("drawing").dataset.label ?? "");
const card = document.getElementById("remote");
const commands = card ? new Commands(card, data.vehicle, /** @type {CommandView[]} */ (pageData("commands")), format, () => fleet.now()) : null;
/** @type {VanMap | null} */
let map = null;
const track = new Track(byId("positions"), data.track, format, () => fleet.now());

function show() {
  const van = fleet.vans.get(data.vehicle);
  if (!van) return;
  const now = fleet.now();
  drawing.show(van.signals, van.drive === "electric" || van.drive === "hybrid", now);
  showFacts(page, van, now, format);
  chips(van, now);
  freshness(van, now);
  commands?.offer(van.signals);
}

function moved() {
  const van = fleet.vans.get(data.vehicle);
  if (!van) return;
  const [lat, lon] = [number(van.signals, "lat"), number(van.signals, "lon")];
  if (lat !== null && lon !== null) track.add([van.signals.lat[1], lon, lat, number(van.signals, "speed")]);
  const first = map?.chosen === null;
  map?.show([van]);
  if (map && first) {
    map.choose(van.id);
    map.reveal(true);
  }
}

/** @param {LiveVan} van @param {number} now */
function chips(van, now) {
  /** @type {[string, Sentence][]} */
  const found = van.condition.problems.map((problem) => ["alert", problem]);
  const doing = van.condition.state === "lost" ? "lost" : van.condition.doing.key.startsWith("moving") ? "moving" : van.condition.doing.key.startsWith("charging") ? "charging" : "standing";
  found.push([doing, van.condition.doing]);
  byId("state-chips").replaceChildren(...found.map(([state, sentence]) => chip(state, format.say(sentence, now) + (state === doing && van.place && state !== "lost" ? ` · ${van.place}` : ""))));
}

/** @param {string} state @param {string} words */
function chip(state, words) {
  const made = document.createElement("span");
  const mark = document.createElement("i");
  made.className = `k-chip k-chip-wrap${state === "alert" ? " k-chip-alert" : ""}`;
  mark.className = `k-mark k-mark-${state}`;
  made.append(mark, words);
  return made;
}

/** @param {LiveVan} van @param {number} now */
function freshness(van, now) {
  const age = now - van.seen;
  const key = age < 60_000 ? "live_now" : "last_contact";
  byId("freshness").textContent = van.seen === 0 ? "" : format.text(key, { age: format.span(age) });
  byId("freshness").classList.toggle("is-live", key === "live_now");
}

async function startMap() {
  try {
    const made = await makeMap(byId("map"));
    map = made.vanMap;
    track.draw(made.vanMap.map);
    const street = streetFinder(roads());
    track.name(street);
    byId("follow").addEventListener("click", () => map?.follow(!map.following));
    map.addEventListener("follow", () => byId("follow").setAttribute("aria-pressed", String(map?.following)));
    const place = () => {
      const van = fleet.vans.get(data.vehicle);
      const [lon, lat] = van ? [number(van.signals, "lon"), number(van.signals, "lat")] : [null, null];
      if (van && lon !== null && lat !== null) van.place = street(lon, lat);
    };
    fleet.addEventListener("change", place);
    place();
    moved();
    show();
  } catch (error) {
    byId("map-failed").hidden = false;
    throw error;
  }
}

/** @param {Snapshot} snapshot */
const mine = (snapshot) => ({ ...snapshot, vans: snapshot.vans.filter((van) => van.id === data.vehicle) });

fleet.addEventListener("change", () => {
  show();
  moved();
});
fleet.addEventListener("tick", show);
setInterval(() => fleet.tick(), 1000);
one(page, "#drawing").classList.add("is-ready");
connect(
  { snapshotUrl: data.snapshot, streamUrl: data.stream, topic: data.topic },
  {
    snapshot: (snapshot) => {
      fleet.replace(mine(snapshot));
      void commands?.reload();
    },
    vans: (vans) => fleet.update(vans.filter((van) => van.id === data.vehicle)),
    command: (command) => commands?.take(command),
    status: (status) => (byId("stale").hidden = status !== "lost"),
  },
);
void startMap();
