// What all answers share: the head, ranges, questions, levers, assumptions, and every number in one table.
import { scrolling, table } from "./chart.js";
import { h } from "./dom.js";
import { at, figure, percent, plain, usd, words } from "./figures.js";

/** Dates stay in one piece. */
const DATES = /(\d{4}-\d\d-\d\d)/;

/** The top of a page: what it is about, the one number, its range, the sentence. */
export const head = ({ kicker, number, unit, range, headline }) => [
  h("header", {},
    h("p", { class: "kicker" }, kicker),
    h("h1", {}, number, h("span", { class: "unit" }, ` ${unit}`)),
    range && h("p", { class: "between" }, range),
    h("p", { class: "headline" }, headline.split(DATES).map((one, index) => (index % 2 ? h("span", { class: "whole-words" }, one) : one)))),
];

/** P10 to P90 in words. */
export const between = (answer, path) =>
  at(answer, `${path}.p10_usd`) === undefined ? null : ["8 times in 10 between ", figure(answer, `${path}.p10_usd`), " and ", figure(answer, `${path}.p90_usd`)];

/** A titled part that has something in it. */
export const part = (title, ...inside) => inside.flat(Infinity).some(Boolean) && h("section", {}, h("h2", {}, title), inside);

/** The next questions, the most telling first. */
export const questions = (answer) => part("Ask next", answer.next_questions?.length > 0 && h("ol", { class: "asks" },
  answer.next_questions.map((one, index) => h("li", {}, one.ask, " ",
    h("span", { class: "aside" }, "moves it by ", figure(answer, `next_questions.${index}.worth_usd`))))));

/** "offer.equity.0.price_409a" as "equity 1, price 409a". */
const term = (field) => words(field).replace(/^(overrides|offer|person)\./, "")
  .replace(/\.(\d+)/g, (_, place) => ` ${Number(place) + 1}`).replaceAll(".", ", ");

/** "A: tokens.on_leaving" as "A: tokens, on leaving"; whose name it is stays as it is. */
const ofWhom = (field) => {
  const [, whose, name] = field.match(/^(.*: )?(.*)$/);
  return `${whose ?? ""}${term(name)}`;
};

/** What was not said, and what it may hide. */
export const defaulted = (answer) => part("Not said, so assumed",
  Array.isArray(answer.defaulted) && answer.defaulted.length > 0 && (typeof answer.defaulted[0] === "string"
    ? h("ul", {}, answer.defaulted.map((one) => h("li", {}, ofWhom(one))))
    : scrolling(table(["What", "Taken", "Lowest", "Highest"], answer.defaulted.map((one, index) => [
      term(one.field), words(one.taken ?? "nothing"),
      figure(answer, `defaulted.${index}.low_usd`), figure(answer, `defaulted.${index}.high_usd`)])), "Not said, so assumed")));

/** The assumptions with their ranges and sources. */
export const assumptions = (answer) => part("Assumptions and sources",
  answer.assumptions?.length > 0 && scrolling(table(["Assumption", "Low", "Base", "High", "From"], answer.assumptions.map((one, index) => [
    one.unit ? h("span", {}, words(one.name), " ", h("span", { class: "aside" }, one.unit)) : words(one.name), ...["low", "base", "high"].map((end) => figure(answer, `assumptions.${index}.${end}`, "about")),
    one.source ?? one.origin ?? ""])), "Assumptions and sources"));

/** Remarks and the basis of tax. */
export const notes = (answer) => part("Notes", (answer.notes?.length > 0 || answer.tax) && h("ul", {},
  [answer.tax && `Tax: ${answer.tax}${answer.tax_source ? ` (${answer.tax_source})` : ""}`, ...(answer.notes ?? [])]
    .filter(Boolean).map((one) => h("li", {}, one))));

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
