// Lock-in: what leaving costs month by month, what causes it, and what would loosen it.
import { assumptions, between, defaulted, head, notes, questions } from "../answers.js";
import { chart, table } from "../chart.js";
import { figure, named, percent, usd, usdShort } from "../figures.js";
import { overTime } from "../plane.js";
import { bars } from "../rows.js";
import { drivers } from "./offer.js";

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
/** The causes as the sentences of the answer name them. */
const CAUSES = {
  unvested_equity: "Unvested shares", options: "Vested options", compute_replacement: "Paying for AI yourself",
  artefacts: "Work left behind", re_skilling: "A slow new start", ai_re_skilling: "Learning other AI tools",
};
const cause = (name) => CAUSES[name] ?? named(name);
const inMonths = (count) => `in ${count} ${count === 1 ? "month" : "months"}`;
const CLIFFS_NAMED = 2;

function curve(answer) {
  const { person } = answer;
  const months = Object.keys(person.curve).map(Number);
  const rows = months.map((month) => ({ x: month, low: person.curve[month][0], y: person.curve[month][1], high: person.curve[month][2] }));
  const falls = [...person.cliffs].sort((a, b) => (a.after_usd - a.before_usd) - (b.after_usd - b.before_usd));
  const named = falls.slice(0, CLIFFS_NAMED).sort((a, b) => a.in_months - b.in_months);
  const told = named.map((one) => `${inMonths(one.in_months)}, as ${one.what}, it falls by ${usd(one.before_usd - one.after_usd)}`).join("; ");
  return chart({
    title: "What leaving costs, by month",
    says: `The line is the middle (P50), the band holds 8 of 10 outcomes${told ? `, upright lines are cliffs. The steepest: ${told}` : "; there is no cliff"}.`,
    paint: overTime({
      band: rows, lines: [{ spots: rows, kind: "main" }], zero: true,
      marks: falls.map((one) => ({ x: one.in_months, text: one === falls[0] ? `−${usdShort(one.before_usd - one.after_usd)} in month ${one.in_months}` : "" })),
      formatX: (month) => (month === 0 ? "now" : `${month} mo`), formatY: usdShort,
      ticksX: () => [0, 12, 24, 36, 48].filter((month) => month <= months.at(-1)),
    }),
    table: table(["Month", "P10", "P50", "P90"], months.map((month) => [String(month), ...[0, 1, 2].map((end) => figure(answer, `person.curve.${month}.${end}`))])),
  });
}

function causes(answer) {
  const names = Object.keys(answer.person.terms);
  const rows = names.map((name) => ({ name: cause(name), value: answer.person.terms[name].mean_usd, share: answer.person.terms[name].share }))
    .filter((row) => row.value !== 0).sort((a, b) => b.value - a.value);
  if (!rows.length) return null;
  return chart({
    title: "What causes it",
    says: `Means, so that they add up. The largest is ${rows[0].name.replace(/^./, (letter) => letter.toLowerCase())}.`,
    paint: bars(rows, (value, row) => (row.share === null ? usdShort(value) : `${usdShort(value)} · ${percent(row.share)}`)),
    table: table(["Cause", "USD", "Share"], names.map((name) => [cause(name),
      figure(answer, `person.terms.${name}.mean_usd`), figure(answer, `person.terms.${name}.share`, "percent")])),
  });
}

const levers = (answer) => answer.levers.length > 0 && chart({
  title: "What would loosen it",
  says: "By how much each change makes leaving cheaper, on average.",
  paint: bars(answer.levers.map((one) => ({ name: capital(one.ask_for), value: one.frees_usd, kind: "gain" })), usd),
  table: table(["Change", "Frees"], answer.levers.map((one, index) => [capital(one.ask_for), figure(answer, `levers.${index}.frees_usd`)])),
});

const common = (answer) => [questions(answer), defaulted(answer), assumptions(answer), notes(answer)];

function ofPerson(answer) {
  return {
    head: head({
      kicker: `Leaving ${answer.person.leave_in_months ? inMonths(answer.person.leave_in_months) : "today"} · grade ${answer.person.grade}`,
      number: figure(answer, "person.cost.p50_usd"), unit: "as salary, once", range: between(answer, "person.cost"), headline: answer.headline,
    }),
    body: [curve(answer), causes(answer), levers(answer), drivers(answer, answer.person.cost.mean_usd), common(answer)],
  };
}

function ofEmployer(answer) {
  const { employer } = answer;
  const items = employer.switching_items;
  const cost = items.length > 0 && chart({
    title: `What leaving ${employer.largest} takes`,
    says: "The work of moving to another provider, by job.",
    paint: bars(items.map((one) => ({ name: named(one.what), value: one.usd })), usd),
    table: table(["Job", "Hours", "USD"], items.map((one, index) => [named(one.what),
      figure(answer, `employer.switching_items.${index}.hours`, "plain"), figure(answer, `employer.switching_items.${index}.usd`)])),
  });
  return {
    head: head({
      kicker: `An employer and ${employer.largest}`, number: figure(answer, "employer.switching.p50_usd"), unit: "to switch, once",
      range: between(answer, "employer.switching"), headline: answer.headline,
    }),
    body: [cost, levers(answer), drivers(answer), common(answer)],
  };
}

export const page = {
  tool: "explain_lock_in",
  fits: (answer) => answer.person?.curve !== undefined || answer.employer !== undefined,
  main: (answer) => (answer.person ? { path: "person.cost.p50_usd", name: () => "Leaving costs", isCost: true }
    : { path: "employer.switching.p50_usd", name: () => "Switching costs", isCost: true }),
  draw: (answer) => (answer.person ? ofPerson(answer) : ofEmployer(answer)),
};
