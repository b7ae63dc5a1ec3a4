// Drawings over time: bands, lines and steps on a quiet grid, labelled where they are.
import { scaleLinear } from "d3-scale";
import { area, curveLinear, curveStepAfter, line } from "d3-shape";
import { label } from "./chart.js";
import { alike } from "./figures.js";
import { s } from "./dom.js";
import { clipped, widest } from "./text.js";

const HEIGHT = 250;
const EDGE = { top: 22, bottom: 28, left: 40 };
const BOLD = 1.08;
const PANEL = { height: 170, title: 20, width: 125, gap: 10 };

/**
 * @typedef {{x: number, y: number}} Spot
 * @typedef {object} Plane
 * @property {{x: number, low: number, high: number}[]} [band]
 * @property {{spots: Spot[], kind: string, stepped?: boolean, name?: string, dots?: boolean}[]} lines each is named at its end
 * @property {{x: number, text: string, kind?: string, before?: boolean}[]} [marks] upright lines with words, before or behind them
 * @property {{y: number, text: string}[]} [levels] level lines with words
 * @property {(Spot & {text: string})[]} [spots] dots with a word above each
 * @property {(Spot & {text: string, under?: boolean})[]} [notes] words at a spot
 * @property {(value: number) => string} formatY
 * @property {(value: number) => string} formatX
 * @property {(x: import("d3-scale").ScaleLinear, width: number) => number[]} [ticksX]
 * @property {boolean} [zero] whether the scale begins at nothing
 * @property {number} [height]
 * @property {number[]} [within] values that the scale has room for besides its own
 * @property {number} [left] where it begins, with no values on the scale, as another plane has them
 */

const thin = (values, most) => values.filter((_, index) => index % Math.ceil(values.length / most) === 0);

/** The scale of values, from the top to the bottom of a drawing. */
function upright(values, zero, height) {
  const low = zero ? Math.min(0, ...values) : Math.min(...values);
  const high = Math.max(...values);
  const air = (high - low || Math.abs(high) || 1) * 0.08;
  return scaleLinear([low < 0 ? low - air : zero ? 0 : Math.max(0, low - air), high + air], [height - EDGE.bottom, EDGE.top]).nice(4);
}

/** The room that the values beside a scale take. */
const roomBeside = (y, formatY) => Math.max(EDGE.left, widest(alike(y.ticks(4).map((value) => formatY(value)))) + 12);

const valuesOf = ({ lines, band = [], levels = [] }) =>
  [...lines.flatMap((one) => one.spots.map((spot) => spot.y)), ...band.flatMap((b) => [b.low, b.high]), ...levels.map((l) => l.y)];

/** @param {Plane} plane */
export function overTime(plane) {
  const { band = [], lines, marks = [], levels = [], notes = [], spots: dots = [], formatX, formatY, ticksX, zero } = plane;
  const { height = HEIGHT, within = [], left } = plane;
  return (width) => {
    const named = lines.filter((one) => one.name);
    const right = named.length ? Math.min(110, BOLD * widest(named.map((one) => one.name)) + 18) : 24;
    const spots = lines.flatMap((one) => one.spots);
    const y = upright([...valuesOf(plane), ...within], zero, height);
    const xs = [...spots.map((spot) => spot.x), ...band.map((b) => b.x), ...marks.map((m) => m.x), ...dots.map((dot) => dot.x)];
    const x = scaleLinear([Math.min(...xs), Math.max(...xs)], [left ?? roomBeside(y, formatY), width - right]);
    const drawn = [grid(x, y, width - right, left === undefined ? formatY : null), axis(x, formatX, ticksX, width, height)];
    if (band.length) {
      const shape = area((b) => x(b.x), (b) => y(b.low), (b) => y(b.high));
      drawn.push(s("path", { class: "band", d: shape(band) }));
    }
    drawn.push(levels.flatMap((level) => levelMark(level, x, y)));
    drawn.push(marks.flatMap((mark) => uprightMark(mark, x, y)));
    drawn.push(lines.flatMap((one) => lineMark(one, x, y)));
    drawn.push(namesAtEnds(named, x, y));
    drawn.push(spotMarks(dots, x, y));
    drawn.push(noteMarks(notes, x, y));
    return { height, marks: drawn.flat(Infinity) };
  };
}

/**
 * Planes on one scale, each under its title, as many side by side as there is room for; the first of a row has the values.
 * @param {(Plane & {title: string})[]} planes
 */
export function panels(planes) {
  const within = planes.flatMap(valuesOf);
  const [{ zero, formatY }] = planes;
  const beside = roomBeside(upright(within, zero, PANEL.height), formatY);
  return (width) => {
    const most = Math.max(1, Math.floor((width - beside) / PANEL.width));
    const rows = Math.ceil(planes.length / most);
    const across = Math.ceil(planes.length / rows);
    const each = (width - beside) / across;
    const tall = PANEL.height + PANEL.title;
    const marks = planes.map((plane, index) => {
      const place = index % across;
      const [from, left] = place ? [beside + each * place, 0] : [0, beside];
      const lines = plane.lines.map((one) => ({ ...one, name: undefined }));
      const paint = overTime({ ...plane, lines, within, left: place ? 0 : undefined, height: PANEL.height });
      return s("g", { transform: `translate(${from} ${Math.floor(index / across) * tall})` },
        label(left, 14, clipped(plane.title, (each - 2 * PANEL.gap) * 0.86), { class: "strong" }),
        s("g", { transform: `translate(0 ${PANEL.title - EDGE.top / 2})` }, paint(left + each - PANEL.gap).marks));
    });
    return { height: rows * tall, marks };
  };
}

function grid(x, y, right, formatY) {
  const left = x.range()[0];
  const texts = formatY && alike(y.ticks(4).map((value) => formatY(value)));
  return y.ticks(4).flatMap((value, index) => [
    s("line", { class: "grid", x1: left, x2: right, y1: y(value), y2: y(value) }),
    texts && label(left - 8, y(value) + 4, texts[index], { class: "tick end" }),
  ]).filter(Boolean);
}

function axis(x, formatX, ticksX, width, height) {
  const ticks = ticksX ? ticksX(x, width) : x.ticks(6);
  const [from, to] = x.range();
  const values = thin(ticks, Math.max(2, 1 + Math.floor((to - from) / (widest(ticks.map(formatX)) + 10))));
  return values.map((value) => label(x(value), height - 8, formatX(value), { class: "tick middle" }));
}

function levelMark(level, x, y) {
  const [from, to] = x.range();
  return [
    s("line", { class: "level", x1: from, x2: to, y1: y(level.y), y2: y(level.y) }),
    level.text && label(from + 6, y(level.y) - 6, level.text, { class: "note" }),
  ];
}

function uprightMark(mark, x, y) {
  const [bottom, top] = y.range();
  const late = mark.before ?? x(mark.x) > (x.range()[0] + x.range()[1]) / 2;
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

/** Words at spots, as many as have room: the first, the last, and between them what touches neither. */
function noteMarks(notes, x, y) {
  const placed = notes.map((note) => ({ note, room: widest([note.text]) / 2 + 3 }))
    .map((one) => ({ ...one, at: Math.min(Math.max(x(one.note.x), x.range()[0] + 20), x.range()[1] + 5 - one.room) }));
  const apart = (a, b) => Math.abs(a.at - b.at) > a.room + b.room;
  const kept = [placed[0], placed.at(-1)].filter(Boolean).filter((one, index, ends) => !index || apart(one, ends[0]));
  for (const one of placed) if (kept.every((other) => apart(one, other))) kept.push(one);
  return kept.map(({ note, at }) => label(at, y(note.y) + (note.under && y(note.y) + 20 < y.range()[0] ? 20 : -12), note.text, { class: "value middle" }));
}
