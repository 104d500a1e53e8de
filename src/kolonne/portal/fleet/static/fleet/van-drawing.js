// A van seen from above, its front to the right and its left side up, drawn by us; each part shows its live state.

import { partOf, partsOf } from "./van-parts.js";

/** @import { Formatter } from "./format.js" */
/** @import { Signals } from "./types.d.ts" */
/** @import { Part } from "./van-parts.js" */

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 92;
const RIGHT = 208;

/** @typedef {{ shapes: Record<string, string | number>[], open?: string[], note: [number, number, "start" | "middle" | "end"] }} Shape */

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {number} [rx] */
const bar = (x, y, width, height, rx = 3.5) => ({ tag: "rect", x, y, width, height, rx });

/** Where each part is; `open` says how each of its shapes moves when it stands open. @type {Record<string, Shape>} */
const SHAPES = {
  door_front_driver: { shapes: [bar(284, LEFT - 4, 58, 8)], open: [`rotate(52 342 ${LEFT})`], note: [296, 34, "end"] },
  door_front_passenger: { shapes: [bar(284, RIGHT - 4, 58, 8)], open: [`rotate(-52 342 ${RIGHT})`], note: [296, 272, "end"] },
  door_rear_driver: { shapes: [bar(184, LEFT - 4, 90, 8)], open: ["translate(-44 -13)"], note: [216, 56, "middle"] },
  door_rear_passenger: { shapes: [bar(184, RIGHT - 4, 90, 8)], open: ["translate(-44 13)"], note: [216, 250, "middle"] },
  tailgate: { shapes: [bar(76, LEFT + 7, 8, 50), bar(76, LEFT + 59, 8, 50)], open: [`rotate(68 80 ${LEFT + 7})`, `rotate(-68 80 ${RIGHT - 7})`], note: [12, 42, "start"] },
  bonnet: { shapes: [{ tag: "path", d: "M364 101C390 107 404 124 404 150S390 193 364 199C374 182 376 168 376 150S374 118 364 101Z" }], open: ["translate(16 0)"], note: [430, 136, "start"] },
  window_front_driver: { shapes: [bar(294, LEFT + 8, 38, 4, 2)], note: [313, 120, "middle"] },
  window_front_passenger: { shapes: [bar(294, RIGHT - 12, 38, 4, 2)], note: [313, 188, "middle"] },
  window_rear_driver: { shapes: [bar(198, LEFT + 8, 62, 4, 2)], note: [229, 120, "middle"] },
  window_rear_passenger: { shapes: [bar(198, RIGHT - 12, 62, 4, 2)], note: [229, 188, "middle"] },
  tyre_front_left: { shapes: [bar(350, LEFT - 16, 42, 10, 4)], note: [371, 66, "middle"] },
  tyre_front_right: { shapes: [bar(350, RIGHT + 6, 42, 10, 4)], note: [371, 242, "middle"] },
  tyre_rear_left: { shapes: [bar(112, LEFT - 16, 42, 10, 4)], note: [133, 66, "middle"] },
  tyre_rear_right: { shapes: [bar(112, RIGHT + 6, 42, 10, 4)], note: [133, 242, "middle"] },
  plugged: { shapes: [{ tag: "circle", cx: 410, cy: 176, r: 5.5 }, { tag: "path", d: "M415 176C436 176 432 214 456 214" }], note: [456, 232, "end"] },
  locked: { shapes: [{ tag: "circle", cx: 300, cy: 150, r: 16 }, { tag: "path", d: "M293 148.5h14v9.5h-14zM295.5 148.5v-3a4.5 4.5 0 0 1 9 0v3" }], note: [300, 150, "middle"] },
};

const BODY = `M98 ${LEFT}H348C392 ${LEFT} 414 114 414 150S392 ${RIGHT} 348 ${RIGHT}H98Q80 ${RIGHT} 80 190V110Q80 ${LEFT} 98 ${LEFT}Z`;
const UNLOCKED = "M293 148.5h14v9.5h-14zM295.5 148.5v-4a4.5 4.5 0 0 1 8.6-1.8";

/** @param {string} tag @param {Record<string, string | number>} attributes @param {string} [text] */
function element(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/** The same for every van: body, glass, roof, mirrors. */
function frame() {
  const group = element("g", { class: "v-frame", "aria-hidden": "true" });
  group.append(
    element("path", { d: "M344 91l8-9 6 2-4 8zM344 209l8 9 6-2-4-8z", class: "v-mirror" }),
    element("path", { d: BODY, class: "v-body" }),
    element("path", { d: "M336 100L358 100C370 116 371 132 371 150S370 184 358 200L336 200C342 184 344 168 344 150S342 116 336 100Z", class: "v-glass" }),
    element("rect", { x: 94, y: 108, width: 176, height: 84, rx: 9, class: "v-roof" }),
    element("path", { d: "M118 122v56M146 122v56M174 122v56M202 122v56M230 122v56", class: "v-rib" }),
  );
  return group;
}

export class VanDrawing {
  /** @type {Map<string, SVGElement>} */
  #groups = new Map();

  /** @param {HTMLElement} host @param {HTMLElement} list the same in words @param {Formatter} format @param {string} label */
  constructor(host, list, format, label) {
    this.format = format;
    this.list = list;
    this.svg = element("svg", { viewBox: "6 24 476 252", class: "v-van", role: "group", "aria-label": label });
    this.svg.append(frame());
    host.replaceChildren(this.svg);
  }

  /** @param {Signals} signals @param {boolean} electric @param {number} now */
  show(signals, electric, now) {
    const parts = partsOf(signals, electric).map((name) => partOf(signals, name, now, this.format));
    for (const part of parts) this.#draw(part, signals, now);
    const lines = parts.map((part) => Object.assign(document.createElement("li"), { textContent: part.label }));
    this.list.replaceChildren(...lines);
  }

  /** @param {Part} part @param {Signals} signals @param {number} now */
  #draw(part, signals, now) {
    const shape = SHAPES[part.name];
    const group = this.#groups.get(part.name) ?? this.#make(part.name, shape);
    const kind = part.name.split("_")[0];
    group.setAttribute("class", `v-part v-${kind} is-${part.state}${part.stale ? " is-stale" : ""}`);
    group.setAttribute("aria-label", part.label);
    const title = group.querySelector("title");
    if (title) title.textContent = part.label;
    group.querySelectorAll("[data-shape]").forEach((drawn, index) => {
      drawn.setAttribute("transform", (part.state === "open" && shape.open?.[index]) || "translate(0 0)");
    });
    if (part.name === "locked") group.querySelector("path")?.setAttribute("d", part.state === "locked" ? String(shape.shapes[1].d) : UNLOCKED);
    this.#note(group, part, signals, now);
  }

  /** The word beside a part: pressure always, the rest only when it wants attention. @param {SVGElement} group @param {Part} part @param {Signals} signals @param {number} now */
  #note(group, part, signals, now) {
    const [first, second] = group.querySelectorAll("text");
    const reading = signals[part.name];
    const tyre = part.name.startsWith("tyre_");
    first.textContent = tyre && reading ? this.format.bar(Number(reading[0])) : part.state === "open" ? `${this.format.text(part.name)} ${part.words}` : "";
    second.textContent = part.state === "open" && reading ? this.format.text("since", { span: this.format.span(now - reading[2]) }) : "";
  }

  /** @param {string} name @param {Shape} shape */
  #make(name, shape) {
    const group = element("g", { tabindex: 0, role: "img", "data-part": name });
    group.append(element("title", {}));
    for (const { tag, ...attributes } of shape.shapes) group.append(element(String(tag), { ...attributes, "data-shape": "" }));
    const [x, y, anchor] = shape.note;
    group.append(element("text", { x, y, "text-anchor": anchor, "aria-hidden": "true" }), element("text", { x, y: y + 13, "text-anchor": anchor, class: "v-since", "aria-hidden": "true" }));
    this.svg.append(group);
    this.#groups.set(name, group);
    return group;
  }
}
