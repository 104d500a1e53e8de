// Where a van is between two readings. Pure: times and places in, places out.

/** @typedef {{ lon: number, lat: number, heading: number }} Pose */
/** @typedef {{ from: Pose, to: Pose, start: number, end: number }} Glide */

/** Longer jumps are not driven but reported late: the van is shown at its new place at once. */
const FARTHEST_M = 400;
const SHORTEST_MS = 400;
const LONGEST_MS = 2500;

/** @param {Pose} a @param {Pose} b metres, good enough within a town */
export function distance(a, b) {
  const y = (b.lat - a.lat) * 111_195;
  const x = (b.lon - a.lon) * 111_195 * Math.cos((a.lat * Math.PI) / 180);
  return Math.hypot(x, y);
}

/** @param {Glide} glide @param {number} now @returns {Pose} */
export function poseAt(glide, now) {
  const share = glide.end > glide.start ? Math.min(1, Math.max(0, (now - glide.start) / (glide.end - glide.start))) : 1;
  const turn = ((glide.to.heading - glide.from.heading + 540) % 360) - 180;
  return {
    lon: glide.from.lon + (glide.to.lon - glide.from.lon) * share,
    lat: glide.from.lat + (glide.to.lat - glide.from.lat) * share,
    heading: (glide.from.heading + turn * Math.min(1, share * 2) + 360) % 360,
  };
}

/**
 * The way from where the van is drawn now to its new place, as long as the last two readings were apart.
 * @param {Glide | undefined} before @param {Pose} to @param {number} now @param {boolean} still no motion wanted
 * @returns {Glide}
 */
export function glideTo(before, to, now, still) {
  if (!before) return { from: to, to, start: now, end: now };
  if (before.to.lon === to.lon && before.to.lat === to.lat && before.to.heading === to.heading) return before;
  const from = poseAt(before, now);
  if (still || distance(from, to) > FARTHEST_M) return { from: to, to, start: now, end: now };
  const since = now - before.start;
  return { from, to, start: now, end: now + Math.min(LONGEST_MS, Math.max(SHORTEST_MS, since)) };
}
