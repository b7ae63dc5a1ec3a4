// The frame of every chart: a caption, a drawing that follows the width, and a table with the same numbers.
import { h, newId, s } from "./dom.js";

const COLUMNS_FEW = 8;
/** As many rows are kept together on paper. */
const ROWS_FEW = 12;
const frames = new Set();
let watching;

function watch(frame) {
  frames.add(frame);
  watching ??= new ResizeObserver((entries) => {
    requestAnimationFrame(() => {
      // Only another width of the frame asks for another drawing: what is drawn for paper changes its height alone.
      for (const { target, contentRect } of entries) {
        if (target.width !== contentRect.width) target.redraw((target.width = contentRect.width));
      }
    });
  });
  watching.observe(frame);
}

/** What a page of paper has between its edges: drawings are made anew for it, and again for the screen. */
const PAPER_WIDTH = 672;
addEventListener("beforeprint", () => frames.forEach((frame) => frame.redraw(PAPER_WIDTH)));
addEventListener("afterprint", () => frames.forEach((frame) => frame.redraw(frame.clientWidth)));

/** Stop following the frames that have left the page. */
export function forgetCharts() {
  for (const frame of frames) {
    if (frame.isConnected) continue;
    watching.unobserve(frame);
    frames.delete(frame);
  }
}

/**
 * A figure.
 * @param {{title: string, says: string, paint: (width: number) => {height: number, marks: Node[]}, table: Node, note?: string}} chart
 *   `says` is the drawing in a sentence, for who cannot see it; `paint` draws it at a width.
 */
export function chart({ title, says, paint, table, note }) {
  const [titleId, saysId] = [newId("chart"), newId("says")];
  const frame = h("div", { class: "frame" });
  let drawn = 0;
  frame.redraw = (room) => {
    const width = Math.floor(room);
    if (width < 40 || width === drawn) return;
    drawn = width;
    const { height, marks } = paint(width);
    const drawing = s(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "img", preserveAspectRatio: "xMinYMin", "aria-labelledby": titleId, "aria-describedby": saysId },
      marks,
    );
    frame.replaceChildren(drawing);
  };
  watch(frame);
  return h(
    "figure",
    {},
    h("figcaption", {}, h("h2", { id: titleId }, title), h("p", { id: saysId, class: "says" }, says)),
    frame,
    note && h("p", { class: "note" }, note),
    twin(table, title),
  );
}

/** A table folded away under its own name. */
export const twin = (table, title) =>
  h("details", {}, h("summary", {}, "Numbers", h("span", { class: "unseen" }, ` of ${title}`)), scrolling(table, title));

/** A table that scrolls sideways, for the keyboard too. */
export const scrolling = (table, label) => h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);

/**
 * A table.
 * @param {string[]} columns the first heads the rows
 * @param {Array<Array<string|Node>>} rows
 * @param {string[]} [below] what stands across the table below each row
 */
export function table(columns, rows, below = []) {
  const kinds = columns.map((_, index) => kindOf(rows.map((row) => row[index])));
  const heads = columns.map((name, index) => h("th", { scope: "col", class: kinds[index] }, name));
  const cells = (row) => row.map((cell, index) => h(index ? "td" : "th", { scope: index ? null : "row", class: kinds[index] }, cell));
  const sizes = [columns.length > COLUMNS_FEW && "wide", rows.length <= ROWS_FEW && "short"].filter(Boolean).join(" ");
  return h("table", { class: sizes || null }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows.map((row, index) => (below[index]
    ? [h("tr", { class: "above" }, cells(row)), h("tr", {}, h("td", { colspan: columns.length, class: "below" }, below[index]))]
    : h("tr", {}, cells(row))))));
}

/** How a column is set: words from the left, and names and dates in one piece. */
function kindOf(cells) {
  const said = cells.filter((cell) => cell !== "" && cell !== null && cell !== undefined);
  if (!said.length || said.some((cell) => typeof cell !== "string")) return null;
  if (said.every((cell) => /^[−+$\d.,%]+$/.test(cell))) return "whole-words";
  return said.every((cell) => /^(\S{1,28}|.{1,12})$/.test(cell)) ? "words whole-words" : "words";
}

/** Text in a drawing. */
export const label = (x, y, text, attributes) => s("text", { x, y, ...attributes }, text);
