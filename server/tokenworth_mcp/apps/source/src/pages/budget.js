// A budget: what is left over its period, what is held, the alerts, and where it ends at this pace.
import { head, notes, part } from "../answers.js";
import { chart, scrolling, table } from "../chart.js";
import { h } from "../dom.js";
import { figure, named, plain, spent, tokensShort, usdShort } from "../figures.js";
import { overTime } from "../plane.js";
import { bars } from "../rows.js";
import { sums } from "../sums.js";

const day = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", timeZone: "UTC" });
const moment = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });
const PROJECTED = [["projected_low", "Used at the end, low (P10)"], ["projected_end", "Used at the end, middle (P50)"], ["projected_high", "Used at the end, high (P90)"]];
const hour = new Intl.DateTimeFormat("en-US", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BETWEEN_MS = [HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, DAY_MS, 2 * DAY_MS, 7 * DAY_MS, 30 * DAY_MS, 90 * DAY_MS, 365 * DAY_MS];
const TICKS_MAX = 8;

/** The unit that is limited, its words, and the fields that hold it. */
function unitOf(answer) {
  const inUsd = answer.limit_usd !== undefined || answer.left_usd !== undefined || answer.left_tokens === undefined;
  const unit = inUsd ? "usd" : "tokens";
  const number = (name) => (answer[`${name}_${unit}`] === undefined ? undefined : Number(answer[`${name}_${unit}`]));
  return { unit, number, short: inUsd ? usdShort : tokensShort, long: inUsd ? spent : (value) => plain(Math.round(value)), counted: inUsd ? "" : " tokens" };
}

/** Whole hours or days of a period, UTC, and how each is said. */
function calendar(start, end) {
  const between = BETWEEN_MS.find((step) => (end - start) / step <= TICKS_MAX) ?? BETWEEN_MS.at(-1);
  const first = Math.ceil(start / Math.min(between, DAY_MS)) * Math.min(between, DAY_MS);
  const ticks = Array.from({ length: TICKS_MAX + 1 }, (_, index) => first + index * between).filter((at) => at <= end);
  return { ticksX: () => ticks, formatX: (at) => (between < DAY_MS ? hour : day).format(at) };
}

/** What the pace foretells, as what is left: the middle, and where it is known, low and high, and when nothing is left. */
function forecastOf(answer, limit) {
  const { pace } = answer;
  const left = (used) => (used === undefined || used === null ? undefined : limit - used);
  const [worst, last, best] = [pace?.projected_high, pace?.projected_end, pace?.projected_low].map(left);
  const outs = ["p10", "p50", "p90"].filter((name) => pace?.[`exhausted_${name}`])
    .map((name) => ({ name: name.toUpperCase(), at: Date.parse(pace[`exhausted_${name}`]) }));
  return { worst, last, best, outs };
}

/** The forecast in a sentence. */
function foretold({ worst, last, best, outs }, { long, counted }) {
  const side = (value) => `${counted} ${value < 0 ? "over the limit" : "left"}`;
  const standing = (value) => `${long(Math.abs(value))}${side(value)}`;
  if (last === undefined) return "";
  const bounds = [worst, best].toSorted((a, b) => Math.abs(a) - Math.abs(b));
  const spread = worst === undefined || best === undefined || standing(worst) === standing(best) ? ""
    : `, and 8 times in 10 between ${worst < 0 === best < 0 ? `${long(Math.abs(bounds[0]))} and ${standing(bounds[1])}` : `${standing(worst)} and ${standing(best)}`}`;
  const out = outs.find(({ name }) => name === "P50");
  return ` At the end of the period, ${worst !== undefined ? "by the middle of the forecast" : "if it goes on as so far"}: ${standing(last)}${spread}.${out ? ` It runs out about ${day.format(out.at)}.` : ""}`;
}

function burnDown(answer, unit) {
  const { number, short, long, counted } = unit;
  const [start, end, now] = ["starts_at", "ends_at", "as_of"].map((name) => (answer[name] ? Date.parse(answer[name]) : undefined));
  const limit = number("limit");
  if (!(limit > 0) || start === undefined || end === undefined || !(now > start)) return null;
  const left = limit - number("spent");
  const forecast = forecastOf(answer, limit);
  const { worst, last, best, outs } = forecast;
  const ahead = last === undefined ? [] : [{ spots: [{ x: now, y: left }, { x: end, y: last }], kind: "main ahead", name: short(last) }];
  const fan = worst === undefined || best === undefined ? [] : [{ x: now, low: left, high: left }, { x: end, low: worst, high: best }];
  return chart({
    title: "Burn-down",
    says: `${left < 0 ? `${long(-left)} more than ${long(limit)}${counted} spent by` : `${long(left)} of ${long(limit)}${counted} unspent on`} ${day.format(now)}.${foretold(forecast, unit)} The thin dashes are the even pace${fan.length ? ", the band holds 8 of 10 outcomes" : ""}.`,
    paint: overTime({
      band: fan,
      lines: [
        { spots: [{ x: start, y: limit }, { x: end, y: 0 }], kind: "faint" },
        { spots: [{ x: start, y: limit }, { x: now, y: left }], kind: "main", dots: true },
        ...ahead,
      ],
      marks: [{ x: now, text: left < 0 ? `now: ${short(-left)} over` : `now: ${short(left)} unspent` }],
      levels: (worst ?? last) < 0 ? [{ y: 0, text: "" }] : [],
      spots: outs.map(({ name, at }) => ({ x: at, y: 0, text: name })),
      zero: true, ...calendar(start, end), formatY: short,
    }),
    note: outs.length ? `Dots on the line of nothing left: ${outs.map(({ name, at }) => `${name} ${moment.format(at)}`).join(", ")} (UTC).` : null,
    table: table(["", "Amount"], [...["limit", "spent", "held"].map((name) => [named(name), `${long(number(name))}${counted}`]),
      ...PROJECTED.filter(([name]) => typeof answer.pace?.[name] === "number").map(([name, said]) => [said, figure(answer, `pace.${name}`, answer.pace.unit === "usd" ? "usd" : "plain")]),
      ...outs.map(({ name, at }) => [`Nothing left, ${name}`, `${moment.format(at)} UTC`])]),
  });
}

function standing(answer, { unit, number, long, counted }) {
  const names = ["spent", "held", "left"].filter((name) => number(name) !== undefined);
  return chart({
    title: "Where it stands",
    says: "Spent, held for calls that are under way, and left.",
    paint: bars(names.map((name) => ({ name: named(name), value: number(name), kind: { spent: "total", held: "pale", left: "gain" }[name] })), (value) => `${long(value)}${counted}`),
    table: table(["", unit === "usd" ? "USD" : "Tokens"], names.map((name) => [named(name), figure(answer, `${name}_${unit}`, unit === "usd" ? "usd" : "plain")])),
  });
}

const alerts = (answer) => part("Alerts", answer.alerts.length > 0 && h("ul", {}, answer.alerts.map((one, index) => h("li", {},
  h("strong", {}, named(one.severity)), ": ", figure(answer, `alerts.${index}.burn_rate`, "plain"),
  ` times the even pace over the last ${one.long_window}, and over the last ${one.short_window} still ${one.threshold === 1 ? "faster than that" : `${plain(one.threshold)} times or more`}`))));

const limits = (answer) => part("Limits, the tightest first", answer.limits.length > 0 && scrolling(table(
  ["Budget", "Limit", "Spent", "Held", "Left"],
  answer.limits.map((one, index) => [h("span", {}, one.budget, h("span", { class: "aside under" }, `${one.unit === "usd" ? "USD" : one.unit}, ${one.period}`)),
    ...["limit", "spent", "held", "left"].map((name) => figure(answer, `limits.${index}.${name}`, one.unit === "usd" ? "usd" : "plain"))]),
), "Limits"));

const LISTS = { observed: "Seen by others, and how far that is from what was charged" };

/** Lists that an answer may have beside what is drawn, such as what logs saw. */
const lists = (answer) => Object.entries(answer)
  .filter(([name, value]) => Array.isArray(value) && value.length > 0 && typeof value[0] === "object" && !["alerts", "limits", "by_model"].includes(name))
  .map(([name, rows]) => {
    const keys = [...new Set(rows.flatMap(Object.keys))];
    return part(LISTS[name] ?? named(name), scrolling(table(keys.map(named), rows.map((row, index) => keys.map((key, place) => (
      place && typeof row[key] === "number" ? figure(answer, `${name}.${index}.${key}`, key.endsWith("usd") ? "spent" : "plain") : String(row[key] ?? ""))))), LISTS[name] ?? named(name)));
  });

export const page = {
  tool: "check_budget",
  fits: (answer) => answer.budget !== undefined && answer.spent_usd !== undefined,
  draw: (answer) => {
    const unit = unitOf(answer);
    const shown = answer[`left_${unit.unit}`] === undefined ? "spent" : "left";
    return {
      head: head({
        kicker: `Budget · ${answer.budget} · ${answer.period}`, number: figure(answer, `${shown}_${unit.unit}`, unit.unit === "usd" ? "spent" : "plain"),
        unit: unit.unit === "usd" ? shown : `tokens ${shown}`, headline: answer.headline, range: answer.do_next,
      }),
      body: [burnDown(answer, unit), standing(answer, unit), answer.by_model?.some((one) => one.model) && sums(answer, "model", "USD in this period."), alerts(answer), limits(answer), lists(answer), notes(answer)],
    };
  },
};
