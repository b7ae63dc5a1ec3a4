// Drawings in rows: a name, a bar or a range, and its value at its end; they read well at any width.
import { scaleLinear } from "d3-scale";
import { label } from "./chart.js";
import { s } from "./dom.js";
import { inLines, widest } from "./text.js";

const LINE = 16;
const STACKED_BELOW = 480;
const NAMES_SHARE_MAX = 0.36;

/** Where things go: names beside the bars, or above them where it is narrow or they are long. */
function layout(width, names, valueRoom) {
  const longest = widest(names) + 14;
  const stacked = width < STACKED_BELOW || longest > width * NAMES_SHARE_MAX;
  const lines = names.map((name) => (name && stacked ? inLines(name, width) : name ? [name] : []));
  const tops = [0];
  for (const one of lines) tops.push(tops.at(-1) + (!one.length ? 20 : stacked ? 28 + LINE * one.length : 30));
  return { stacked, lines, tops, left: stacked ? 0 : longest, right: width - valueRoom, height: tops.at(-1) + 2 };
}

const nameOf = (place, index) =>
  place.lines[index].map((line, turn) => label(0, place.tops[index] + (place.stacked ? 13 : 19) + turn * LINE, line, { class: "name" }));

/** Where a row's bar is; a row without a name belongs to the row above it. */
const middle = (place, index) => (!place.lines[index].length ? place.tops[index] + 4 : place.stacked ? place.tops[index + 1] - 15 : place.tops[index] + 15);

/**
 * From one total to another in steps.
 * @param {{name: string, value: number, total: boolean}[]} rows
 */
export function waterfall(rows, format, formatStep) {
  return (width) => {
    const place = layout(width, rows.map((row) => row.name), 0);
    const texts = rows.map((row) => (row.total ? format : formatStep)(row.value));
    let running = 0;
    const spans = rows.map((row) => {
      const from = row.total ? 0 : running;
      running = row.total ? row.value : running + row.value;
      return [from, running];
    });
    const ends = spans.flat();
    const room = widest(texts) + 18;
    const x = scaleLinear([Math.min(0, ...ends), Math.max(...ends)], [place.left, width - room]);
    const marks = rows.flatMap((row, index) => {
      const y = middle(place, index);
      const [low, high] = [Math.min(...spans[index]), Math.max(...spans[index])];
      const kind = row.total ? "total" : row.value < 0 ? "loss" : "gain";
      const linked = index + 1 < rows.length && [
        s("line", { class: "link", x1: x(spans[index][1]), x2: x(spans[index][1]), y1: y + 8, y2: middle(place, index + 1) - 8 }),
      ];
      return [
        nameOf(place, index),
        low !== high && s("rect", { class: kind, x: x(low), y: y - 8, width: Math.max(1.5, x(high) - x(low)), height: 16, rx: 2 }),
        label(x(high) + 7, y + 4, texts[index], { class: row.total ? "value strong" : "value" }),
        linked,
      ];
    });
    return { height: place.height, marks };
  };
}

/**
 * Low to high with a point between, side by side on one scale.
 * @param {{name: string, low: number, point?: number, high: number, strong?: boolean}[]} rows
 * @param {{ends?: (row: object) => string, zero?: boolean, mark?: number}} options `ends`: what stands at a range's end
 */
export function ranges(rows, format, { ends = (row) => format(row.point), mark } = {}) {
  return (width) => {
    const texts = rows.map(ends);
    const room = widest(texts) + 18;
    const place = layout(width, rows.map((row) => row.name), room);
    const values = rows.flatMap((row) => [row.low, row.high]);
    const [least, most] = [Math.min(...values, mark ?? Infinity), Math.max(...values, mark ?? -Infinity)];
    const x = scaleLinear(most === least ? [least - 1, most + 1] : [least, most], [place.left + 6, place.right - 6]);
    const marks = rows.flatMap((row, index) => {
      const y = middle(place, index);
      return [
        nameOf(place, index),
        s("line", { class: "track", x1: x.range()[0], x2: x.range()[1], y1: y, y2: y }),
        s("line", { class: row.strong ? "range strong" : "range", x1: x(row.low), x2: Math.max(x(row.high), x(row.low) + 1), y1: y, y2: y }),
        row.point !== undefined && s("circle", { class: "point", cx: x(row.point), cy: y, r: 5 }),
        label(width, y + 4, texts[index], { class: row.strong ? "value strong end" : "value end" }),
      ];
    });
    if (mark !== undefined) marks.unshift(s("line", { class: "mark", x1: x(mark), x2: x(mark), y1: 2, y2: place.height - 2 }));
    return { height: place.height, marks };
  };
}

/**
 * Bars from zero.
 * @param {{name: string, value: number, kind?: string}[]} rows
 */
export function bars(rows, format) {
  return (width) => {
    const texts = rows.map((row) => format(row.value, row));
    const room = widest(texts) + 18;
    const place = layout(width, rows.map((row) => row.name), room);
    const values = rows.map((row) => row.value);
    const x = scaleLinear([Math.min(0, ...values), Math.max(0, ...values) || 1], [place.left, place.right]);
    const marks = rows.flatMap((row, index) => {
      const y = middle(place, index);
      const [low, high] = [Math.min(0, row.value), Math.max(0, row.value)];
      return [
        nameOf(place, index),
        row.value !== 0 && s("rect", { class: row.value < 0 ? "loss" : row.kind ?? "total", x: x(low), y: y - 7, width: Math.max(1.5, x(high) - x(low)), height: 14, rx: 2 }),
        label(x(high) + 7, y + 4, texts[index], { class: "value" }),
      ];
    });
    return { height: place.height, marks };
  };
}
