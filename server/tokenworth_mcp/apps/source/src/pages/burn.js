// What agents burned, from their own logs: by day, by model, the official quotas, and every row.
import { head, notes, part } from "../answers.js";
import { chart, scrolling, table } from "../chart.js";
import { figure, plain, usdShort } from "../figures.js";
import { bars } from "../rows.js";

const ROWS_MAX = 31;
const TOKENS = ["input", "cache_write_5m", "cache_write_1h", "cache_read", "output"];
const HEADS = ["Input", "Written, 5m", "Written, 1h", "Read", "Output"];

/** Sums by one thing as bars: in USD, or in tokens where nothing has a price. */
function sums(answer, name, title) {
  const rows = (answer[`by_${name}`] ?? []).map((row, index) => ({ row, index }));
  if (!rows.length) return null;
  const priced = answer.totals.usd !== null;
  const drawn = name === "date" ? rows.slice(-ROWS_MAX)
    : rows.toSorted((a, b) => (b.row.usd ?? 0) - (a.row.usd ?? 0) || b.row.tokens - a.row.tokens).slice(0, ROWS_MAX);
  const which = drawn.length === rows.length ? "" : name === "date" ? ` The last ${ROWS_MAX} are drawn.` : ` The ${ROWS_MAX} largest are drawn.`;
  const short = (value) => (Math.abs(value) < 1000 ? `$${value.toFixed(2)}` : usdShort(value));
  return chart({
    title,
    says: (priced ? "USD at list prices; what has no known price is left out." : "Tokens, as nothing here has a known price.") + which,
    paint: bars(drawn.map(({ row }) => ({ name: row[name], value: (priced ? row.usd : row.tokens) ?? 0, none: priced && row.usd === null })),
      (value, row) => (row.none ? "no price" : priced ? short(value) : plain(value))),
    table: table([title.replace("By ", "").replace(/^./, (letter) => letter.toUpperCase()), "USD", "Tokens", "Calls", "Without a price"],
      rows.map(({ row, index }) => [row[name], ...[["usd", "usd"], ["tokens", "plain"], ["messages", "plain"], ["unpriced_messages", "plain"]]
        .map(([field, form]) => figure(answer, `by_${name}.${index}.${field}`, form))])),
  });
}

const quotas = (answer) => part("Official quotas, as last heard of", answer.official_quotas.length > 0 && scrolling(table(
  ["Agent", "Window", "Used, %", "New at", "Said at"],
  answer.official_quotas.map((one, index) => [one.agent, one.window, figure(answer, `official_quotas.${index}.used_percent`, "plain"), one.resets_at, one.said_at]),
), "Official quotas"));

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
        kicker: "What agents burned", number: figure(answer, priced ? "totals.usd" : "totals.tokens", priced ? "usd" : "plain"),
        unit: priced ? "at list prices" : "tokens", headline: answer.headline,
      }),
      body: [sums(answer, "date", "By date"), sums(answer, answer.by_model ? "model" : "agent", answer.by_model ? "By model" : "By agent"),
        quotas(answer), rows(answer), notes(answer)],
    };
  },
};
