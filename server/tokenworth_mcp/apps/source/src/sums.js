// Sums by one thing, such as by model: bars, and a table of what each came to.
import { chart, table } from "./chart.js";
import { figure, plain, spent, usdShort } from "./figures.js";
import { bars } from "./rows.js";

/** A month of days, and as many of anything else as a page of paper has room for. */
const DAYS_MAX = 31;
export const ROWS_MAX = 20;
const COLUMNS = [["usd", "USD", "usd"], ["tokens", "Tokens", "plain"], ["messages", "Calls", "plain"], ["unpriced_messages", "Without a price", "plain"]];

const short = (value) => (value < 1000 ? spent(value) : usdShort(value));

/**
 * Bars in USD, or in tokens where nothing cost anything; null where there is nothing.
 * @param {object} answer has `by_NAME`, a list of sums
 * @param {string} name such as "model"; days come in their order, all else the largest first
 * @param {string} inUsd what the dollars are
 */
export function sums(answer, name, inUsd) {
  const rows = (answer[`by_${name}`] ?? []).map((row, index) => ({ row, index, told: row[name] ?? `no ${name} said` }));
  if (!rows.length) return null;
  const priced = rows.some(({ row }) => row.usd > 0);
  const drawn = name === "date" ? rows.slice(-DAYS_MAX)
    : rows.toSorted((a, b) => (b.row.usd ?? 0) - (a.row.usd ?? 0) || b.row.tokens - a.row.tokens).slice(0, ROWS_MAX);
  const which = drawn.length === rows.length ? "" : name === "date" ? ` The last ${DAYS_MAX} are drawn.` : ` The ${ROWS_MAX} largest are drawn.`;
  const columns = COLUMNS.filter(([field]) => rows.some(({ row }) => row[field] !== undefined));
  return chart({
    title: `By ${name}`,
    says: (priced ? inUsd : "Tokens, as nothing here has a price.") + which,
    paint: bars(drawn.map(({ row, told }) => ({ name: told, value: (priced ? row.usd : row.tokens) ?? 0, none: priced && row.usd === null })),
      (value, row) => (row.none ? "no price" : priced ? short(value) : plain(value))),
    table: table([name.replace(/^./, (letter) => letter.toUpperCase()), ...columns.map(([, head]) => head)],
      rows.map(({ index, told }) => [told, ...columns.map(([field, , form]) => figure(answer, `by_${name}.${index}.${field}`, form))])),
  });
}
