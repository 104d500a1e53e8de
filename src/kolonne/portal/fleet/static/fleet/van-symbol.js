// Vans seen from above, drawn on canvas for the map: one picture per state and theme, and the pill under the plate.

/** @import { StateName } from "./types.d.ts" */
/** @import { Theme } from "./style.js" */

/** Dark enough for white letters (WCAG AA), in both themes. @type {Record<StateName, string>} */
export const COLOURS = { moving: "#1769e0", charging: "#0f7d4c", standing: "#5d6f7b", lost: "#7f8e97", alert: "#d13438" };

const RATIO = 3;
const BODY = { width: 20, length: 36, radius: 6 };
const FIELD = 56;

/** @param {number} width @param {number} height */
function canvas(width, height) {
  const element = document.createElement("canvas");
  element.width = width * RATIO;
  element.height = height * RATIO;
  const context = element.getContext("2d");
  if (!context) throw new Error("this browser cannot draw on a canvas");
  context.scale(RATIO, RATIO);
  return { context, data: () => context.getImageData(0, 0, element.width, element.height) };
}

/** The windscreen shows where the front is. @param {CanvasRenderingContext2D} context @param {string} colour */
function windscreen(context, colour) {
  const front = -BODY.length / 2;
  context.beginPath();
  context.moveTo(-6.6, front + 9.6);
  context.quadraticCurveTo(0, front + 8, 6.6, front + 9.6);
  context.lineTo(5.4, front + 4.6);
  context.quadraticCurveTo(0, front + 3.2, -5.4, front + 4.6);
  context.closePath();
  context.fillStyle = colour;
  context.fill();
}

/** The sign that tells the state without its colour; it turns with the van. @param {CanvasRenderingContext2D} context @param {StateName} state @param {string} colour */
function sign(context, state, colour) {
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 2;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  if (state === "moving") {
    context.moveTo(-3.5, 5); context.lineTo(0, 1.5); context.lineTo(3.5, 5); context.stroke();
  } else if (state === "charging") {
    context.moveTo(1.5, -3.5); context.lineTo(-3.5, 4.5); context.lineTo(-0.3, 4.5); context.lineTo(-1.3, 10.5); context.lineTo(3.6, 2.3); context.lineTo(0.4, 2.3); context.closePath(); context.fill();
  } else if (state === "alert") {
    context.moveTo(0, -2.5); context.lineTo(0, 4.5); context.stroke(); context.beginPath(); context.arc(0, 8.5, 1.5, 0, 7); context.fill();
  } else if (state === "standing") {
    context.roundRect(-2.6, 1.4, 5.2, 5.2, 1.2); context.fill();
  }
}

/** @param {StateName} state @param {Theme} theme */
function van(state, theme) {
  const { context, data } = canvas(FIELD, FIELD);
  const { width, length, radius } = BODY;
  context.translate(FIELD / 2, FIELD / 2);
  context.beginPath();
  context.roundRect(-width / 2, -length / 2, width, length, [radius + 1, radius + 1, radius - 2, radius - 2]);
  context.shadowColor = theme === "dark" ? "rgba(0,0,0,.55)" : "rgba(16,33,43,.28)";
  context.shadowBlur = 5 * RATIO;
  context.shadowOffsetY = RATIO;
  context.fillStyle = "#ffffff";
  context.fill();
  context.shadowColor = "transparent";
  context.lineWidth = 3;
  context.strokeStyle = COLOURS[state];
  if (state === "lost") context.setLineDash([4.2, 3]);
  context.stroke();
  context.setLineDash([]);
  windscreen(context, COLOURS[state]);
  sign(context, state, COLOURS[state]);
  return { data: data(), options: { pixelRatio: RATIO } };
}

/** A pill that stretches to the plate inside it. @param {StateName} state @param {Theme} theme */
function pill(state, theme) {
  const [width, height, edge] = [28, 18, 1.5];
  const { context, data } = canvas(width, height);
  context.beginPath();
  context.roundRect(edge / 2, edge / 2, width - edge, height - edge, 8);
  context.fillStyle = state === "lost" ? (theme === "dark" ? "#1b2d36" : "#ffffff") : COLOURS[state];
  context.fill();
  context.lineWidth = edge;
  context.strokeStyle = state === "lost" ? COLOURS.lost : theme === "dark" ? "rgba(12,23,29,.9)" : "rgba(255,255,255,.9)";
  context.stroke();
  /** @type {[number, number][]} */
  const stretchX = [[10 * RATIO, 18 * RATIO]];
  /** @type {[number, number, number, number]} */
  const content = [6 * RATIO, 2.5 * RATIO, 22 * RATIO, 15.5 * RATIO];
  return { data: data(), options: { pixelRatio: RATIO, stretchX, content } };
}

/** Draws the picture of that name, `van-moving-dark` or `pill-alert-light`; null if it is none of ours. @param {string} name */
export function picture(name) {
  const [kind, state, theme] = name.split("-");
  if (!(state in COLOURS) || (theme !== "light" && theme !== "dark")) return null;
  if (kind === "van") return van(/** @type {StateName} */ (state), theme);
  return kind === "pill" ? pill(/** @type {StateName} */ (state), theme) : null;
}
