// What agents burned, from their own logs: by day, by model, the official quotas, and every row.
import { head, notes, part } from "../answers.js";
import { scrolling, table } from "../chart.js";
import { h } from "../dom.js";
import { figure } from "../figures.js";
import { sums } from "../sums.js";

const LISTED = "USD at list prices; what has no known price is left out.";
const TOKENS = ["input", "cache_write_5m", "cache_write_1h", "cache_read", "output"];
const HEADS = ["Input", "Written, 5m", "Written, 1h", "Read", "Output"];

const quotas = (answer) => part("Official quotas, as last heard of", answer.official_quotas.length > 0 && scrolling(table(
  ["Agent", "Window", "Used, %", "New at", "Said at"],
  answer.official_quotas.map((one, index) => [one.agent, one.window, figure(answer, `official_quotas.${index}.used_percent`, "plain"), one.resets_at, one.said_at]),
), "Official quotas"));

const nothing = (answer) => part("Nothing was found", answer.use.length === 0 && h("p", { class: "prose" },
  "No log of an agent tells of a call in this home folder and time. “What was asked” below has both."));

function rows(answer) {
  const first = answer.use[0] ?? {};
  const named = ["date", "agent", "model", "project", "session", "block"].filter((name) => (first[name] ?? null) !== null);
  return part("Every row", answer.use.length > 0 && scrolling(table(
    [...named.map((name) => name.replace(/^./, (letter) => letter.toUpperCase())), "USD", ...HEADS, "Calls"],
    answer.use.map((row, index) => [...named.map((name) => row[name] ?? ""), figure(answer, `use.${index}.usd`),
      ...[...TOKENS, "messages"].map((name) => figure(answer, `use.${index}.${name}`, "plain"))]),
  ), "Every row"));
}

export const page = {
  fits: (answer) => answer.use !== undefined && answer.totals !== undefined && answer.official_quotas !== undefined,
  draw: (answer) => {
    const priced = answer.totals.usd !== null;
    return {
      head: head({
        kicker: "What agents burned", number: figure(answer, priced ? "totals.usd" : "totals.tokens", priced ? "spent" : "plain"),
        unit: priced ? "at list prices" : "tokens", headline: answer.headline,
      }),
      body: [nothing(answer), sums(answer, "date", LISTED), sums(answer, answer.by_model ? "model" : "agent", LISTED),
        quotas(answer), rows(answer), notes(answer)],
    };
  },
};
