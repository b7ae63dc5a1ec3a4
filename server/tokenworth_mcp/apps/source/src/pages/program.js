// A token programme: what is paid over its months, whether it lasts, and what it is worth to whom.
import { assumptions, between, defaulted, head, notes, part, questions } from "../answers.js";
import { chart, scrolling, table } from "../chart.js";
import { h } from "../dom.js";
import { figure, named, percent, plain, usdShort } from "../figures.js";
import { overTime } from "../plane.js";
import { bars } from "../rows.js";

const MONTHS_BETWEEN = [1, 2, 3, 6, 12, 24];
const TICKS_MAX = 6;

/** Months at even distances that divide a year, to the last. */
function ticks(last) {
  const step = MONTHS_BETWEEN.find((months) => last / months <= TICKS_MAX) ?? MONTHS_BETWEEN.at(-1);
  return Array.from({ length: Math.floor(last / step) }, (_, index) => (index + 1) * step);
}

function paid(answer) {
  const months = Object.keys(answer.paid_by_month).map(Number);
  const rows = months.map((month) => ({ x: month, low: answer.paid_by_month[month].p10_usd, y: answer.paid_by_month[month].p50_usd, high: answer.paid_by_month[month].p90_usd }));
  const budget = answer.exhaustion?.budget_usd;
  return chart({
    title: "Paid so far, by month",
    says: `The line is the middle (P50), the band holds 8 of 10 outcomes.${budget ? " The level line is the whole budget." : ""}`,
    paint: overTime({
      band: rows, lines: [{ spots: rows, kind: "main", name: usdShort(rows.at(-1).y) }], zero: true,
      levels: budget ? [{ y: budget, text: `budget ${usdShort(budget)}` }] : [],
      formatX: (month) => `${month} mo`, formatY: usdShort, ticksX: () => ticks(months.at(-1)),
    }),
    table: table(["Month", "P10", "P50", "P90"], months.map((month) => [String(month), ...["p10_usd", "p50_usd", "p90_usd"].map((end) => figure(answer, `paid_by_month.${month}.${end}`))])),
  });
}

const total = (answer) => `paid_by_month.${Math.max(...Object.keys(answer.paid_by_month).map(Number))}`;

function worth(answer) {
  const names = Object.keys(answer.designs?.worth_per_dollar ?? {});
  if (!names.length) return null;
  return chart({
    title: "What a dollar is worth to staff",
    says: "By how it is given: as cash, a stipend, a grant of their own or a pool.",
    paint: bars(names.map((name) => ({ name: named(name), value: answer.designs.worth_per_dollar[name] })), percent),
    table: table(["Given as", "Worth"], names.map((name) => [named(name), figure(answer, `designs.worth_per_dollar.${name}`, "percent")])),
  });
}

const levers = (answer) => answer.levers?.length > 0 && chart({
  title: "What would help",
  says: "USD a year, and for whom.",
  paint: bars(answer.levers.map((one) => ({ name: named(`${one.change} (for ${one.for_whom})`), value: one.usd_year, kind: "gain" })), usdShort),
  table: table(["Change", "USD a year", "For whom"], answer.levers.map((one, index) => [named(one.change), figure(answer, `levers.${index}.usd_year`), one.for_whom])),
});

const tax = (answer) => part("Tax a year, by how it is given", answer.tax && h("p", { class: "says" }, "What counts as pay, and what staff and the employer pay of it, USD."), answer.tax && scrolling(table(
  ["Given as", "Counts as pay", "Staff", "Employer"],
  Object.keys(answer.tax).map((name) => [named(name), ...["imputed_usd", "employee_usd", "employer_usd"].map((field) => figure(answer, `tax.${name}.${field}`))]),
), "Tax a year, by how it is given"));

export const page = {
  tool: "plan_program",
  fits: (answer) => answer.paid_by_month !== undefined,
  draw: (answer) => ({
    head: head({
      kicker: `Programme · ${plain(answer.people)} ${answer.people === 1 ? "person" : "people"} · ${answer.months} months`,
      number: figure(answer, `${total(answer)}.p50_usd`), unit: "in all", range: between(answer, total(answer)), headline: answer.headline,
    }),
    body: [paid(answer), worth(answer), tax(answer), levers(answer), questions(answer), defaulted(answer), assumptions(answer), notes(answer)],
  }),
};
