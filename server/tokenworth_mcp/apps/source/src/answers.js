// What all answers share: the head, ranges, questions, levers, assumptions, and every number in one table.
import { scrolling, table } from "./chart.js";
import { h } from "./dom.js";
import { at, figure, named, percent, plain, usd, words } from "./figures.js";

/** Dates stay in one piece. */
const DATES = /(\d{4}-\d\d-\d\d)/;

/** Less than nothing as the numbers around a sentence have it, on one line with its number. */
const withMinus = (sentence) => sentence.replace(/(^|[\s(])-(?=\$?\d)/g, "$1−\u2060");

/** The top of a page: what it is about, the one number, its range, the sentence. */
export const head = ({ kicker, number, unit, range, headline }) => [
  h("header", {},
    h("p", { class: "kicker" }, kicker),
    h("h1", {}, number, h("span", { class: "unit" }, ` ${unit}`)),
    range && h("p", { class: "between" }, range),
    h("p", { class: "headline" }, withMinus(headline).split(DATES).map((one, index) => (index % 2 ? h("span", { class: "whole-words" }, one) : one)))),
];

/** P10 to P90 in words, where they differ. */
export const between = (answer, path) =>
  at(answer, `${path}.p10_usd`) === at(answer, `${path}.p90_usd`) ? null : ["8 times in 10 between ", figure(answer, `${path}.p10_usd`), " and ", figure(answer, `${path}.p90_usd`)];

/** A titled part that has something in it. */
export const part = (title, ...inside) => inside.flat(Infinity).some(Boolean) && h("section", {}, h("h2", {}, title), inside);

/** The next questions, the most telling first. */
export const questions = (answer) => part("Ask next", answer.next_questions?.length > 0 && h("ol", { class: "asks" },
  answer.next_questions.map((one, index) => h("li", {}, one.ask, " ",
    h("span", { class: "aside" }, "moves it by ", figure(answer, `next_questions.${index}.worth_usd`))))));

/** "offer.equity.0.price_409a" as "equity 1, price 409a". */
const term = (field) => words(field).replace(/^(overrides|offer|person|employer|position(\.contract)?)\./, "")
  .replace(/\.(\d+)/g, (_, place) => ` ${Number(place) + 1}`).replaceAll(".", ", ");

/** "assumed cut_hazard" as "the default of cut hazard", and of the field of that name as "the default". */
function taken({ field, taken: told }) {
  const name = told?.match(/^(?:assumed|assumption) (\w+)$/)?.[1];
  if (!name) return words(told ?? "nothing");
  return field.endsWith(`.${name}`) ? "the default" : `the default of ${words(name)}`;
}

/** "tokens, taxed" of whichever of so many offers: each term once, with whose it is. */
function byTerm(fields, count) {
  const whose = new Map();
  for (const [, of, field] of fields.map((one) => one.match(/^(.*): ([^:]*)$/) ?? [one, null, one])) {
    whose.set(term(field), [...(whose.get(term(field)) ?? []), of].filter(Boolean));
  }
  return h("ul", {}, [...whose].map(([what, names]) => h("li", {}, named(what), names.length > 0 && h("span", { class: "aside" }, ` of ${count > 1 && names.length === count ? "every offer" : names.join(", ")}`))));
}

/** What was not said, and what it may hide. */
export function defaulted(answer) {
  const told = Array.isArray(answer.defaulted) ? answer.defaulted : [];
  if (!told.length) return null;
  if (typeof told[0] === "string") return part("Not said, so assumed", byTerm(told, answer.ranking?.length));
  const ends = [["Lowest", "low_usd"], ["Highest", "high_usd"]].filter(([, end]) => told.some((one) => one[end] !== undefined));
  return part("Not said, so assumed", scrolling(table(["What, and what is taken", ...ends.map(([head]) => head)], told.map((one, index) => [
    h("span", {}, named(term(one.field)), h("span", { class: "aside under" }, taken(one))),
    ...ends.map(([, end]) => figure(answer, `defaulted.${index}.${end}`))])), "Not said, so assumed"));
}

/** The assumptions with their ranges and, each in a row of its own below, their units and sources. */
export const assumptions = (answer) => part("Assumptions and sources",
  answer.assumptions?.length > 0 && scrolling(table(["Assumption", "Low", "Base", "High"], answer.assumptions.map((one, index) => [
    named(one.name), ...["low", "base", "high"].map((end) => figure(answer, `assumptions.${index}.${end}`, "about"))]),
  answer.assumptions.map((one) => [one.unit, one.source ?? one.origin].filter(Boolean).join(" · "))), "Assumptions and sources"));

/** Remarks and the basis of tax. */
export function notes(answer) {
  const basis = typeof answer.tax === "string" ? answer.tax : answer.tax_basis;
  const told = [basis && `Tax: ${basis}${answer.tax_source ? ` (${answer.tax_source})` : ""}`, ...(answer.notes ?? [])].filter(Boolean);
  return part("Notes", told.length > 0 && h("ul", {}, told.map((one) => h("li", {}, one))));
}

function* leaves(value, path = []) {
  if (value !== null && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) yield* leaves(inner, [...path, key]);
  } else {
    yield [path, value];
  }
}

const shownAs = (path, value) => {
  const name = path.findLast((key) => !/^\d+$/.test(key)) ?? "";
  const counts = /^(seed|draws|year|months?|people|rank)$/.test(name) || path.includes("assumptions");
  if (typeof value === "number" && /usd$|^(waterfall|tornado|curve|cheapest)$/.test(counts ? "" : name)) return usd(value);
  if (typeof value === "number" && path[0] === "waterfall") return usd(value);
  if (typeof value === "number" && /(^|_)(share|chance)($|_)/.test(name) && value <= 1) return percent(value);
  return typeof value === "number" && !counts ? plain(value) : String(value);
};

const everything = (name, value) => scrolling(table(["Field", "Value"], [...leaves(value)].map(([path, inner]) => [
  path.map(words).join(" › "),
  typeof inner === "number" ? h("data", { value: inner, "data-path": path.join(".") , "data-of": name }, shownAs(path, inner))
    : h("span", { "data-path": path.join("."), "data-of": name }, String(inner)),
])), `Every field of the ${name}`);

/** The whole answer, field by field. */
export const whole = (answer) => h("details", { class: "whole" }, h("summary", {}, "The whole answer, field by field"), everything("answer", answer));

/** What a report adds: what was asked, and when and by what it was made. */
export const reported = (asked, made) => [
  h("details", { class: "whole" }, h("summary", {}, "What was asked"), everything("question", asked)),
  h("footer", {}, h("p", {}, `Made by tokenworth ${made.version} on ${made.on}. The same inputs and seed give the same digits. `,
    "Estimates, not financial, tax or legal advice.")),
];
