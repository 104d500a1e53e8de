// Which street is a van on? Answered in the browser from the roads already drawn, so no address service learns of it.

const CELL = 0.004;
const NEAR_M = 45;
const METRES = 111_195;

/** @typedef {{ name: string, line: number[][] }} Street */

/** @param {number} lon @param {number} lat */
const cell = (lon, lat) => `${Math.floor(lon / CELL)},${Math.floor(lat / CELL)}`;

/** @param {GeoJSON.FeatureCollection} roads @returns {(lon: number, lat: number) => string} name of the nearest street, or "" */
export function streetFinder(roads) {
  /** @type {Map<string, Set<Street>>} */
  const grid = new Map();
  for (const feature of roads.features) {
    const name = feature.properties?.name;
    if (name && feature.geometry.type === "LineString") enter(grid, { name, line: feature.geometry.coordinates });
  }
  return (lon, lat) => nearest(grid, lon, lat);
}

/** @param {Map<string, Set<Street>>} grid @param {Street} street */
function enter(grid, street) {
  for (let i = 1; i < street.line.length; i++) {
    const [[ax, ay], [bx, by]] = [street.line[i - 1], street.line[i]];
    const steps = Math.ceil(Math.max(Math.abs(bx - ax), Math.abs(by - ay)) / CELL) + 1;
    for (let step = 0; step <= steps; step++) {
      const key = cell(ax + ((bx - ax) * step) / steps, ay + ((by - ay) * step) / steps);
      const there = grid.get(key);
      if (there) there.add(street);
      else grid.set(key, new Set([street]));
    }
  }
}

/** @param {Map<string, Set<Street>>} grid @param {number} lon @param {number} lat */
function nearest(grid, lon, lat) {
  let best = NEAR_M;
  let name = "";
  const reach = CELL / 4;
  const keys = new Set([cell(lon - reach, lat - reach), cell(lon + reach, lat - reach), cell(lon - reach, lat + reach), cell(lon + reach, lat + reach)]);
  for (const key of keys) {
    for (const street of grid.get(key) ?? []) {
      const metres = distanceToLine(street.line, lon, lat);
      if (metres < best) [best, name] = [metres, street.name];
    }
  }
  return name;
}

/** @param {number[][]} line @param {number} lon @param {number} lat */
function distanceToLine(line, lon, lat) {
  const squeeze = Math.cos((lat * Math.PI) / 180);
  let best = Infinity;
  for (let i = 1; i < line.length; i++) {
    const ax = (line[i - 1][0] - lon) * squeeze;
    const ay = line[i - 1][1] - lat;
    const dx = (line[i][0] - line[i - 1][0]) * squeeze;
    const dy = line[i][1] - line[i - 1][1];
    const length = dx * dx + dy * dy;
    const share = length ? Math.min(1, Math.max(0, -(ax * dx + ay * dy) / length)) : 0;
    best = Math.min(best, Math.hypot(ax + dx * share, ay + dy * share));
  }
  return best * METRES;
}
