// The assumptions that move the answer most, as sliders: moving one asks the tool again and redraws.
import { h, newId } from "./dom.js";
import { plain, usd, words } from "./figures.js";

const SHOWN = 4;
const STEPS = 40;

/** The widest of the assumptions that have a range and came from us. */
function widest(answer) {
  const width = (name) => {
    const ends = answer.tornado?.[name];
    return ends ? Math.abs(ends[1] - ends[0]) : 0;
  };
  return (answer.assumptions ?? [])
    .filter((one) => one.low !== undefined && one.high > one.low)
    .sort((a, b) => width(b.name) - width(a.name))
    .slice(0, SHOWN);
}

/**
 * @param {object} answer in full
 * @param {(path: string) => number} at
 * @param {{path: string, name: string}} main the number that is said aloud after a move
 * @param {(overrides: Record<string, number>) => Promise<object>} ask
 */
export function sliders(answer, at, main, ask) {
  const chosen = widest(answer);
  if (!chosen.length) return [];
  const moved = {};
  const said = h("p", { class: "moved", role: "status" }, " ");
  const before = at(main.path);
  let turn = 0;

  async function move() {
    const mine = ++turn;
    try {
      const anew = await ask(moved);
      if (mine !== turn) return;
      const now = main.path.split(".").reduce((inner, key) => inner[key], anew);
      const change = now - before;
      said.replaceChildren(
        `${main.name} ${usd(now)}`,
        change ? h("span", { class: change < 0 ? "loss" : "gain" }, ` ${change < 0 ? "down" : "up"} ${usd(Math.abs(change))}`) : " as before",
      );
    } catch (error) {
      if (mine === turn) said.replaceChildren(`Not changed: ${error.message}`);
    }
  }

  const rows = chosen.map((one) => slider(one, (value) => {
    if (value === undefined) delete moved[one.name];
    else moved[one.name] = value;
    return move();
  }));
  const back = h("button", { type: "button", onclick: () => {
    rows.forEach((row) => row.rest());
    for (const name of Object.keys(moved)) delete moved[name];
    move();
  } }, "Back to the defaults");
  return [h("section", { class: "adjust", "aria-label": "Assumptions to move" },
    h("h2", {}, "What if"), h("div", { class: "sliders" }, rows.map((row) => row.element)), h("div", { class: "foot" }, said, back))];
}

function slider({ name, low, base, high }, changed) {
  const id = newId("slider");
  const step = Number(((high - low) / STEPS).toPrecision(1));
  const shown = h("output", { for: id }, plain(base));
  const input = h("input", { id, type: "range", min: low, max: high, step, value: base, "data-assumption": name });
  input.addEventListener("input", () => shown.replaceChildren(plain(Number(input.value))));
  input.addEventListener("change", () => changed(Number(input.value)));
  const element = h("div", { class: "slider" },
    h("label", { for: id }, words(name), " "), shown, input,
    h("span", { class: "ends" }, h("span", {}, plain(low)), h("span", {}, plain(high))));
  return { element, rest() { input.value = base; shown.replaceChildren(plain(base)); } };
}
