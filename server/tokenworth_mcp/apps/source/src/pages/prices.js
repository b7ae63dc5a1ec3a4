// Prices: models side by side, or one model's prices over time with what is coming.
import { head, notes, part } from "../answers.js";
import { chart, scrolling, table } from "../chart.js";
import { h } from "../dom.js";
import { figure, usd } from "../figures.js";
import { overTime } from "../plane.js";
import { bars } from "../rows.js";

const month = new Intl.DateTimeFormat("en-US", { month: "short", year: "numeric", timeZone: "UTC" });
const DAY_MS = 86_400_000;

/** A row's prices by day, oldest first; the last of the history is what holds now. */
function changes(row, now) {
  const all = [...(row.history ?? []), ...(row.coming ?? [])].filter((one) => one.rates);
  const first = Date.parse(row.released_on ?? "") || Math.min(now, ...all.filter((one) => one.since).map((one) => Date.parse(one.since))) - 90 * DAY_MS;
  return all.map((one) => ({ at: one.since ? Date.parse(one.since) : first, rates: one.rates, since: one.since ?? "launch", note: one.note }))
    .sort((a, b) => a.at - b.at);
}

function history(answer, row) {
  const now = Date.parse(answer.snapshot.as_of);
  const steps = changes(row, now);
  const meters = ["input", "output"].filter((meter) => steps.some((step) => step.rates[meter] !== undefined));
  if (!steps.length || !meters.length) return null;
  const end = Math.max(now, steps.at(-1).at) + 45 * DAY_MS;
  const lines = meters.flatMap((meter, index) => {
    const spots = steps.filter((step) => step.rates[meter] !== undefined).map((step) => ({ x: step.at, y: Number(step.rates[meter]) }));
    const kind = index ? "main" : "second";
    return [{ spots: [...spots, { x: end, y: spots.at(-1).y }], kind, stepped: true, name: `${meter} ${usd(spots.at(-1).y)}` }];
  });
  return chart({
    title: `${row.model} over time`,
    says: `USD per million tokens; upright lines are changes${row.coming?.length ? ", of which some are still to come" : ""}.`,
    paint: overTime({
      lines, zero: true, formatX: (at) => month.format(at), formatY: usd,
      marks: [{ x: now, text: "now" }, ...steps.filter((step) => step.at > now).map((step) => ({ x: step.at, text: "coming", kind: "coming" }))],
    }),
    table: table(["Since", ...meters, "Note"], steps.map((step) => [step.since, ...meters.map((meter) => step.rates[meter] ?? ""), step.note ?? ""])),
  });
}

function sideBySide(answer) {
  const rows = answer.rows.map((row, index) => ({ row, index }));
  const by = answer.rows[0].workload_usd === undefined ? "output" : "workload_usd";
  const priced = rows.filter(({ row }) => row[by] !== undefined);
  if (priced.length < 2) return null;
  return chart({
    title: by === "output" ? "Output, USD per million tokens" : "What the work costs",
    says: `${priced[0].row.model} comes first.`,
    paint: bars(priced.map(({ row }) => ({ name: row.model, value: Number(row[by]) })), usd),
    table: table(["Model", "Input", "Output", ...(by === "output" ? [] : ["The work"])], priced.map(({ row, index }) => [row.model,
      figure(answer, `rows.${index}.input`), figure(answer, `rows.${index}.output`), ...(by === "output" ? [] : [figure(answer, `rows.${index}.${by}`)])])),
  });
}

const sources = (answer) => part("Sources", h("p", { class: "prose" },
  `Prices of ${answer.snapshot.as_of.slice(0, 10)}, ${answer.snapshot.age_days} days old, from ${(answer.rows[0]?.sources ?? answer.snapshot.sources).join(", ")}.`));

const conflicts = (answer) => answer.rows.flatMap((row) => row.conflicts?.length ? [part(`Others say of ${row.model}`, scrolling(table(["Source", "States", "Why it is not used"],
  row.conflicts.map((one) => [one.source, one.stated, one.reason])), "Conflicts"))] : []);

export const page = {
  tool: "find_prices",
  fits: (answer) => answer.rows !== undefined && answer.snapshot !== undefined && answer.total_found !== undefined,
  draw: (answer) => {
    const first = answer.rows[0];
    const work = first?.workload_usd !== undefined;
    return {
      head: head({
        kicker: first ? `Prices · ${first.model}` : "Prices", number: first ? figure(answer, work ? "rows.0.workload_usd" : "rows.0.input") : "none found",
        unit: !first ? "" : work ? "for the work" : "in, per million tokens", headline: answer.headline,
        range: first?.output !== undefined && !work ? [figure(answer, "rows.0.output"), " out, per million tokens"] : null,
      }),
      body: [answer.rows.slice(0, 3).map((row) => history(answer, row)), first && sideBySide(answer), conflicts(answer), sources(answer), notes(answer)],
    };
  },
};
