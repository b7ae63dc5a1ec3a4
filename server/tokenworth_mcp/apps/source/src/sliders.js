// The assumptions that move the answer most, as sliders: where they come to rest, the tool is asked again and the page redrawn.
import { h, newId } from "./dom.js";
import { at, inUnit, named, usd } from "./figures.js";

const SHOWN = 4;
const STEPS = 40;
const REST_MS = 250;

/** The assumptions that have a range and move the result, the widest first. */
function widest(answer) {
  const width = (name) => {
    const ends = answer.tornado?.[name];
    return ends ? Math.abs(ends[1] - ends[0]) : 0;
  };
  return (answer.assumptions ?? [])
    .filter((one) => one.low !== undefined && one.high > one.low && width(one.name) > 0)
    .sort((a, b) => width(b.name) - width(a.name))
    .slice(0, SHOWN);
}

/**
 * Runs a task once its calls pause, never twice at a time, and once more when it was called meanwhile.
 * @param {(isLast: () => boolean) => Promise<void>} task `isLast` says whether nothing newer waits
 */
function whenAtRest(task) {
  let timer;
  let running = false;
  let waiting = false;
  async function run() {
    waiting = true;
    if (running) return;
    running = true;
    try {
      while (waiting) {
        waiting = false;
        await task(() => !waiting);
      }
    } finally {
      running = false;
    }
  }
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, REST_MS);
  };
}

/** The number that was moved to, and by how much that is more or less than without any move; more of a cost is no gain. */
function outcome(name, now, before, isCost) {
  const change = now - before;
  const told = change
    ? h("span", { class: change < 0 === !isCost ? "loss" : "gain" }, `${change < 0 ? "down" : "up"} ${usd(Math.abs(change))}`)
    : "as before";
  return [`${name} ${usd(now)}, `, told];
}

/**
 * @param {object} answer in full
 * @param {{path: string, name: (answer: object) => string, isCost?: boolean}} main the number that is said aloud after a move
 * @param {{ask: (overrides: Record<string, number>) => Promise<object>, draw: (answer: object) => void, busy: (is: boolean) => void}} page
 *   an answer that cannot be had leaves what is drawn as it is
 */
export function sliders(answer, main, { ask, draw, busy }) {
  const chosen = widest(answer);
  const before = at(answer, main.path);
  if (!chosen.length || before === undefined) return null;
  const moved = {};
  const said = h("p", { class: "moved", role: "status" });
  const askAgain = whenAtRest(async (isLast) => {
    busy(true);
    try {
      const anew = await ask({ ...moved });
      if (!isLast()) return;
      draw(anew);
      said.replaceChildren(...outcome(main.name(anew), at(anew, main.path), before, main.isCost));
    } catch (error) {
      if (isLast()) said.replaceChildren(`Not changed: ${error.message} What is drawn is the answer before.`);
    } finally {
      busy(!isLast());
    }
  });
  const rows = chosen.map((one) => slider(one, (value) => {
    moved[one.name] = value;
    if (value === one.base) delete moved[one.name];
    askAgain();
  }));
  const back = h("button", { type: "button", onclick: () => {
    rows.forEach((row) => row.rest());
    for (const name of Object.keys(moved)) delete moved[name];
    askAgain();
  } }, "Back to the defaults");
  return h("section", { class: "adjust", "aria-label": "Assumptions to move" },
    h("h2", {}, "What if"), h("div", { class: "sliders" }, rows.map((row) => row.element)), h("div", { class: "foot" }, said, back));
}

/** The values that a slider steps through: both ends and the default as they are, the rest rounded. */
function stepsOf({ low, base, high }) {
  const step = (high - low) / STEPS;
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(step)));
  const home = Math.min(Math.max(Math.round((base - low) / step), base > low ? 1 : 0), STEPS - (base < high ? 1 : 0));
  const exact = { 0: low, [STEPS]: high, [home]: base };
  return { home, valueAt: (place) => exact[place] ?? Number((low + step * place).toFixed(decimals)) };
}

function slider(assumption, changed) {
  const { name, low, high, unit, plain } = assumption;
  const [id, hintId] = [newId("slider"), newId("hint")];
  const told = (value) => inUnit(value, unit);
  const { home, valueAt } = stepsOf(assumption);
  const shown = h("output", { for: id });
  const input = h("input", { id, type: "range", min: 0, max: STEPS, step: 1, value: home, "data-assumption": name, "aria-describedby": hintId });
  const show = () => {
    const value = valueAt(Number(input.value));
    shown.replaceChildren(told(value));
    input.setAttribute("aria-valuetext", told(value));
    input.dataset.value = value;
    return value;
  };
  input.addEventListener("input", () => changed(show()));
  show();
  const element = h("div", { class: "slider" },
    h("label", { for: id }, named(name), " "), shown, input,
    h("span", { class: "ends" }, h("span", {}, told(low)), h("span", {}, told(high))),
    h("p", { id: hintId, class: "hint" }, plain));
  return { element, rest() { input.value = home; show(); } };
}
