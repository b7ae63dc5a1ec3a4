// Prices: models side by side, or one model's prices over time with what is coming.
import { head, notes, part } from "../answers.js";
import { chart, scrolling, table } from "../chart.js";
import { h } from "../dom.js";
import { figure, named, plain, usd } from "../figures.js";
import { overTime } from "../plane.js";
import { bars } from "../rows.js";
import { ROWS_MAX } from "../sums.js";

const month = new Intl.DateTimeFormat("en-US", { month: "short", year: "numeric", timeZone: "UTC" });
const METERS = ["input", "output"];
const DAY_MS = 86_400_000;

/** A row's prices by day, oldest first, those that hold now among them; a step without rates ends them. */
function changes(row, now) {
  const held = row.history?.length ? row.history : [{ rates: ratesOf(row) }];
  const all = [...held, ...(row.coming ?? [])];
  const first = Date.parse(row.released_on ?? "") || Math.min(now, ...all.filter((one) => one.since).map((one) => Date.parse(one.since))) - 90 * DAY_MS;
  return all.map((one) => ({ at: one.since ? Date.parse(one.since) : first, rates: one.rates ?? {}, gone: !one.rates, since: one.since ?? "launch", note: one.note }))
    .sort((a, b) => a.at - b.at);
}

/** The first of every month that is drawn. */
function months(x) {
  const [from, to] = x.domain().map((at) => new Date(at));
  const count = (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();
  return Array.from({ length: count }, (_, index) => Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1 + index));
}

const ratesOf = (row) => Object.fromEntries(METERS.filter((meter) => row[meter] !== undefined).map((meter) => [meter, row[meter]]));

/** One meter's prices until they change, the last until they end or the drawing does. */
function lineOf(steps, meter, kind, end) {
  const spots = steps.filter((step) => step.rates[meter] !== undefined).map((step) => ({ x: step.at, y: Number(step.rates[meter]) }));
  return { spots: [...spots, { x: end, y: spots.at(-1).y }], kind, stepped: true, name: `${meter} ${usd(spots.at(-1).y)}` };
}

function history(answer, row) {
  const now = Date.parse(answer.snapshot.as_of);
  const steps = changes(row, now);
  const meters = METERS.filter((meter) => steps.some((step) => step.rates[meter] !== undefined));
  if (steps.length < 2 || !meters.length) return null;
  const gone = steps.at(-1).gone ? steps.at(-1).at : undefined;
  const end = gone ?? Math.max(now, steps.at(-1).at) + 45 * DAY_MS;
  const lines = meters.map((meter, index) => lineOf(steps, meter, index ? "main" : "second", end));
  const noted = steps.some((step) => step.note);
  const coming = steps.filter((step) => step.at > now && !step.gone);
  return chart({
    title: `${row.model} over time`,
    says: `USD per million tokens, by the day from which each price holds${coming.length ? `; the next is announced for ${coming[0].since}` : ""}${gone ? `; no price any more since ${steps.at(-1).since}` : ""}.`,
    paint: overTime({
      lines, zero: true, formatX: (at) => month.format(at), formatY: usd, ticksX: months,
      marks: gone ? [] : [{ x: now, text: "now", before: coming.length > 0 }, ...coming.map((step) => ({ x: step.at, text: "coming", kind: "coming", before: false }))],
    }),
    table: table(["Since", ...meters.map(named), ...(noted ? ["Note"] : [])], steps.map((step) => [step.since, ...meters.map((meter) => (step.rates[meter] === undefined ? "" : usd(Number(step.rates[meter])))), ...(noted ? [step.note ?? ""] : [])])),
  });
}

const beyond = (answer) => (answer.total_found > answer.rows.length ? ` ${plain(answer.rows.length)} of the ${plain(answer.total_found)} that fit.` : "");

const RATES = [["input", "Input"], ["output", "Output"], ["cache_read", "Read from the cache"]];

/** What one model charges now, by kind of token, and in its other modes. */
function ofOne(answer) {
  const [row] = answer.rows;
  const rates = RATES.filter(([meter]) => row[meter] !== undefined);
  if (answer.rows.length > 1 || !rates.length) return null;
  const more = [...Object.entries(row.modes ?? {}), ...Object.entries(row.uplifts ?? {})].map(([name, told]) => [named(name), told]);
  return [chart({
    title: "What it charges",
    says: "USD per million tokens now, by kind.",
    paint: bars(rates.map(([meter, name]) => ({ name, value: Number(row[meter]) })), usd),
    table: table(["Kind", "USD per million"], rates.map(([meter, name]) => [name, figure(answer, `rows.0.${meter}`)])),
  }), part("In other modes", more.length > 0 && scrolling(table(["Mode", "Price"], more), "In other modes"))];
}

/** Whether words are all the price that there is, such as of a seat. */
const isInWords = (row) => row.note && row.input === undefined && !row.history && !row.coming;

const remark = ({ rows }) => part("Note", rows.length === 1 && rows[0].note && !isInWords(rows[0]) && h("p", { class: "prose" }, `${rows[0].note}.`));

const inWords = (answer) => {
  const told = answer.rows.filter(isInWords);
  return part("What there is", told.length > 0 && h("p", { class: "says" }, `In words, as they have no price by the token.${beyond(answer)}`), told.length > 0 && scrolling(table(["Name", "Terms"], told.map((row) => [row.model, row.note]),
    told.map((row) => row.sources?.join(", "))), "What there is"));
};

/** Names that are near to one that nobody has. */
const nearest = (answer) => part("Names near to it", answer.nearest?.length > 0 && h("ul", {}, answer.nearest.map((name) => h("li", {}, name))));

function sideBySide(answer) {
  const rows = answer.rows.map((row, index) => ({ row, index }));
  const by = answer.rows[0].workload_usd === undefined ? "output" : "workload_usd";
  const priced = rows.filter(({ row }) => row[by] !== undefined);
  const which = `${beyond(answer)}${priced.length > ROWS_MAX ? ` The first ${ROWS_MAX} are drawn.` : ""}`;
  if (priced.length < 2) return null;
  return chart({
    title: by === "output" ? "Output, USD per million tokens" : "What the work costs, USD",
    says: by === "output" ? `What models charge for what they write, in the order of the answer.${which}` : `The cheapest first.${which}`,
    paint: bars(priced.slice(0, ROWS_MAX).map(({ row }) => ({ name: row.model, value: Number(row[by]) })), usd),
    table: table(["Model", "Input", "Output", ...(by === "output" ? [] : ["The work"])], priced.map(({ row, index }) => [row.model,
      figure(answer, `rows.${index}.input`), figure(answer, `rows.${index}.output`), ...(by === "output" ? [] : [figure(answer, `rows.${index}.${by}`)])])),
  });
}

const sources = (answer) => part("Sources", h("p", { class: "prose" },
  `Prices of ${answer.snapshot.as_of.slice(0, 10)}, ${answer.snapshot.age_days} ${answer.snapshot.age_days === 1 ? "day" : "days"} old, from ${((answer.rows.length === 1 && answer.rows[0].sources) || answer.snapshot.sources).join(", ")}.`));

const conflicts = (answer) => answer.rows.flatMap((row) => row.conflicts?.length ? [part(`Others say of ${row.model}`, scrolling(table(["Source", "States", "Why it is not used"],
  row.conflicts.map((one) => [one.source, one.stated, one.reason])), "Conflicts"))] : []);

export const page = {
  tool: "find_prices",
  fits: (answer) => answer.rows !== undefined && answer.snapshot !== undefined && answer.total_found !== undefined,
  draw: (answer) => {
    const first = answer.rows[0];
    const work = first?.workload_usd !== undefined;
    const priced = work || first?.input !== undefined;
    const plans = first && answer.rows.every(isInWords);
    return {
      head: head({
        kicker: first && !plans ? `Prices · ${first.model}` : "Prices",
        number: priced ? figure(answer, work ? "rows.0.workload_usd" : "rows.0.input") : plans ? plain(answer.total_found) : first ? "No price" : "None found",
        unit: !priced ? plans ? "found" : "" : work ? "for the work" : "in, per million tokens", headline: answer.headline,
        range: first?.output !== undefined && !work ? [figure(answer, "rows.0.output"), " out, per million tokens"] : null,
      }),
      body: [answer.rows.slice(0, 3).map((row) => history(answer, row)), first && ofOne(answer), first && sideBySide(answer), first && inWords(answer), remark(answer), nearest(answer), conflicts(answer), sources(answer), notes(answer)],
    };
  },
};
