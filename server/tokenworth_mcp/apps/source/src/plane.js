// Drawings over time: bands, lines and steps on a quiet grid, labelled where they are.
import { scaleLinear } from "d3-scale";
import { area, curveLinear, curveStepAfter, line } from "d3-shape";
import { label } from "./chart.js";
import { s } from "./dom.js";

const HEIGHT = 250;
const EDGE = { top: 22, bottom: 28, left: 52 };

/**
 * @typedef {{x: number, y: number}} Spot
 * @typedef {object} Plane
 * @property {{x: number, low: number, high: number}[]} [band]
 * @property {{spots: Spot[], kind: string, stepped?: boolean, name?: string, dots?: boolean}[]} lines each is named at its end
 * @property {{x: number, text: string, kind?: string}[]} [marks] upright lines with words
 * @property {{y: number, text: string}[]} [levels] level lines with words
 * @property {(Spot & {text: string})[]} [spots] dots with a word above each
 * @property {(Spot & {text: string, under?: boolean})[]} [notes] words at a spot
 * @property {(value: number) => string} formatY
 * @property {(value: number) => string} formatX
 * @property {(x: import("d3-scale").ScaleLinear, width: number) => number[]} [ticksX]
 * @property {boolean} [zero] whether the scale begins at nothing
 */

const thin = (values, most) => values.filter((_, index) => index % Math.ceil(values.length / most) === 0);

/** @param {Plane} plane */
export function overTime(plane) {
  const { band = [], lines, marks = [], levels = [], notes = [], spots: dots = [], formatX, formatY, ticksX, zero } = plane;
  return (width) => {
    const named = lines.filter((one) => one.name);
    const right = named.length ? Math.min(110, Math.max(...named.map((one) => one.name.length)) * 7.2 + 18) : 24;
    const spots = lines.flatMap((one) => one.spots);
    const ys = [...spots.map((spot) => spot.y), ...band.flatMap((b) => [b.low, b.high]), ...levels.map((l) => l.y)];
    const xs = [...spots.map((spot) => spot.x), ...band.map((b) => b.x), ...marks.map((m) => m.x), ...dots.map((dot) => dot.x)];
    const x = scaleLinear([Math.min(...xs), Math.max(...xs)], [EDGE.left, width - right]);
    const low = zero ? Math.min(0, ...ys) : Math.min(...ys);
    const high = Math.max(...ys);
    const air = (high - low || Math.abs(high) || 1) * 0.08;
    const y = scaleLinear([low < 0 || !zero ? low - air : 0, high + air], [HEIGHT - EDGE.bottom, EDGE.top]).nice(4);
    const drawn = [grid(x, y, width - right, formatY), axis(x, formatX, ticksX, width)];
    if (band.length) {
      const shape = area((b) => x(b.x), (b) => y(b.low), (b) => y(b.high));
      drawn.push(s("path", { class: "band", d: shape(band) }));
    }
    drawn.push(levels.flatMap((level) => levelMark(level, x, y)));
    drawn.push(marks.flatMap((mark) => uprightMark(mark, x, y)));
    drawn.push(lines.flatMap((one) => lineMark(one, x, y)));
    drawn.push(namesAtEnds(named, x, y));
    drawn.push(spotMarks(dots, x, y));
    drawn.push(notes.map((note) => noteMark(note, x, y)));
    return { height: HEIGHT, marks: drawn.flat(Infinity) };
  };
}

function grid(x, y, right, formatY) {
  return y.ticks(4).flatMap((value) => [
    s("line", { class: "grid", x1: EDGE.left, x2: right, y1: y(value), y2: y(value) }),
    label(EDGE.left - 8, y(value) + 4, formatY(value), { class: "tick end" }),
  ]);
}

function axis(x, formatX, ticksX, width) {
  const values = thin(ticksX ? ticksX(x, width) : x.ticks(6), Math.max(2, Math.floor(width / 90)));
  return values.map((value) => label(x(value), HEIGHT - 8, formatX(value), { class: "tick middle" }));
}

function levelMark(level, x, y) {
  const [from, to] = x.range();
  return [
    s("line", { class: "level", x1: from, x2: to, y1: y(level.y), y2: y(level.y) }),
    level.text && label(to, y(level.y) - 6, level.text, { class: "note end" }),
  ];
}

function uprightMark(mark, x, y) {
  const [bottom, top] = y.range();
  const late = x(mark.x) > (x.range()[0] + x.range()[1]) / 2;
  return [
    s("line", { class: `upright ${mark.kind ?? ""}`, x1: x(mark.x), x2: x(mark.x), y1: top - 4, y2: bottom }),
    mark.text && label(x(mark.x) + (late ? -5 : 5), top - 8, mark.text, { class: late ? "note end" : "note" }),
  ];
}

function lineMark(one, x, y) {
  const shape = line((spot) => x(spot.x), (spot) => y(spot.y)).curve(one.stepped ? curveStepAfter : curveLinear);
  const dots = one.dots ? one.spots.map((spot) => s("circle", { class: `dot ${one.kind}`, cx: x(spot.x), cy: y(spot.y), r: 4 })) : [];
  return [s("path", { class: `line ${one.kind}`, d: shape(one.spots) }), ...dots];
}

/** Names beside the last points, moved apart where they would touch. */
function namesAtEnds(named, x, y) {
  const placed = named
    .map((one) => ({ one, at: y(one.spots.at(-1).y) + 4, end: x(one.spots.at(-1).x) }))
    .sort((a, b) => a.at - b.at);
  placed.forEach((place, index) => {
    if (index) place.at = Math.max(place.at, placed[index - 1].at + 15);
  });
  return placed.map(({ one, at, end }) => label(end + 9, at, one.name, { class: `name ${one.kind}` }));
}

/** Dots, and as many of their words as have room. */
function spotMarks(dots, x, y) {
  let taken = -Infinity;
  return dots.flatMap((dot) => {
    const free = x(dot.x) - taken > 30;
    if (free) taken = x(dot.x);
    return [s("circle", { class: "dot second", cx: x(dot.x), cy: y(dot.y), r: 4.5 }), free && label(x(dot.x), y(dot.y) - 10, dot.text, { class: "value middle" })];
  }).filter(Boolean);
}

const noteMark = (note, x, y) =>
  label(Math.min(Math.max(x(note.x), EDGE.left + 26), x.range()[1] - 10), y(note.y) + (note.under ? 20 : -12), note.text, {
    class: "value middle",
  });
