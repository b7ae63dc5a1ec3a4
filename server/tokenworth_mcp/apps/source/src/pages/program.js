// A token programme: what is paid over its months, whether it lasts, and what it is worth to whom.
import { assumptions, defaulted, head, notes, questions } from "../answers.js";
import { chart, table } from "../chart.js";
import { figure, percent, usdShort, words } from "../figures.js";
import { overTime } from "../plane.js";
import { bars } from "../rows.js";

function paid(answer) {
  const months = Object.keys(answer.paid_by_month).map(Number);
  const rows = months.map((month) => ({ x: month, low: answer.paid_by_month[month].p10_usd, y: answer.paid_by_month[month].p50_usd, high: answer.paid_by_month[month].p90_usd }));
  const budget = answer.exhaustion?.budget_usd;
  return chart({
    title: "Paid so far, by month",
    says: `The line is the middle (P50), the band holds 8 of 10 outcomes.${budget ? " The level line is the budget." : ""}`,
    paint: overTime({
      band: rows, lines: [{ spots: rows, kind: "main", name: usdShort(rows.at(-1).y) }], zero: true,
      levels: budget ? [{ y: budget, text: `budget ${usdShort(budget)}` }] : [],
      formatX: (month) => `${month} mo`, formatY: usdShort, ticksX: (x) => x.ticks(6).filter((month) => Number.isInteger(month) && month > 0),
    }),
    table: table(["Month", "P10", "P50", "P90"], months.map((month) => [String(month), ...["p10_usd", "p50_usd", "p90_usd"].map((end) => figure(answer, `paid_by_month.${month}.${end}`))])),
  });
}

function worth(answer) {
  const names = Object.keys(answer.designs?.worth_per_dollar ?? {});
  if (!names.length) return null;
  return chart({
    title: "What a dollar is worth to staff",
    says: "By how it is given: as cash, a stipend, a grant of their own or a pool.",
    paint: bars(names.map((name) => ({ name: words(name), value: answer.designs.worth_per_dollar[name] })), percent),
    table: table(["Given as", "Worth"], names.map((name) => [words(name), figure(answer, `designs.worth_per_dollar.${name}`, "percent")])),
  });
}

const levers = (answer) => answer.levers?.length > 0 && chart({
  title: "What would help",
  says: "USD a year, and for whom.",
  paint: bars(answer.levers.map((one) => ({ name: `${one.change} (${one.for_whom})`, value: one.usd_year, kind: "gain" })), usdShort),
  table: table(["Change", "USD a year", "For whom"], answer.levers.map((one, index) => [one.change, figure(answer, `levers.${index}.usd_year`), one.for_whom])),
});

export const page = {
  tool: "plan_program",
  fits: (answer) => answer.paid_by_month !== undefined,
  draw: (answer) => ({
    head: head({
      kicker: `Programme · ${answer.people} people · ${answer.months} months`,
      number: figure(answer, `paid_by_month.${Math.max(...Object.keys(answer.paid_by_month).map(Number))}.p50_usd`), unit: "in all", headline: answer.headline,
    }),
    body: [paid(answer), worth(answer), levers(answer), questions(answer), defaulted(answer), assumptions(answer), notes(answer)],
  }),
};
