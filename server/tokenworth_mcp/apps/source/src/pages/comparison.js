// Offers side by side: ranges on one scale, how often each is best, and what would make them equal.
import { assumptions, defaulted, head, notes, part, questions } from "../answers.js";
import { chart, table } from "../chart.js";
import { h } from "../dom.js";
import { figure, named, percent, usd, usdShort } from "../figures.js";
import { panels } from "../plane.js";
import { bars, ranges } from "../rows.js";
import { drivers, fan, FAN } from "./offer.js";

const sideBySide = (answer) => chart({
  title: "Side by side",
  says: "What each offer is worth as salary a year: the dot is the middle, the bar holds 8 of 10 outcomes.",
  paint: ranges(answer.ranking.map((one) => ({ name: one.label, low: one.p10_usd, point: one.p50_usd, high: one.p90_usd })), usd),
  table: table(["Offer", "Face", "P10", "P50", "P90", "Regret"], answer.ranking.map((one, index) => [one.label,
    ...["face_usd", "p10_usd", "p50_usd", "p90_usd", "regret_usd"].map((end) => figure(answer, `ranking.${index}.${end}`))])),
});

function years(answer) {
  if (!answer.ranking[0].by_year) return null;
  return chart({
    title: "Year by year",
    says: `${FAN} All on one scale.`,
    paint: panels(answer.ranking.map((one) => ({
      title: one.label, ...fan(one.by_year, one.face_by_year_usd), formatX: (year) => (year === 1 ? "Year 1" : String(year)), ticksX: () => [1, 2, 3, 4],
    }))),
    table: table(["Offer", "Year", "Face", "P10", "P50", "P90"], answer.ranking.flatMap((one, place) => one.by_year.map((row, index) => [
      one.label, `Year ${row.year}`, figure(answer, `ranking.${place}.face_by_year_usd.${index}`),
      ...["p10_usd", "p50_usd", "p90_usd"].map((end) => figure(answer, `ranking.${place}.by_year.${index}.${end}`))]))),
  });
}

const separates = (answer) => drivers(answer, answer.lead_usd, {
  title: "What separates them",
  says: `How far ${answer.ranking[0].label} is ahead of the best of the others on average, with an assumption at its low and at its high. The upright line is the lead now; below zero another offer is best.`,
});

const best = (answer) => chart({
  title: "How often each is best",
  says: "The share of draws in which an offer is worth most.",
  paint: bars(answer.ranking.map((one) => ({ name: one.label, value: one.chance_best })), percent),
  table: table(["Offer", "Chance of being best"], answer.ranking.map((one, index) => [one.label, figure(answer, `ranking.${index}.chance_best`, "percent")])),
});

const faces = (answer) => chart({
  title: "Face against worth",
  says: "What each offer says a year, and below it what it is worth.",
  paint: bars(answer.ranking.flatMap((one) => [
    { name: one.label, value: one.face_usd, kind: "pale", told: "face" }, { name: "", value: one.p50_usd, told: "worth" },
  ]), (value, row) => `${usdShort(value)} ${row.told}`),
  table: table(["Offer", "Face", "Worth (P50)"], answer.ranking.map((one, index) => [one.label,
    figure(answer, `ranking.${index}.face_usd`), figure(answer, `ranking.${index}.p50_usd`)])),
});

const equal = (answer) => part("What would make them equal", answer.equalizers.some((one) => one.salary_usd > 0) && h("ul", {}, answer.equalizers.map((one, index) =>
  one.salary_usd > 0 && h("li", {}, `${one.label}: `, figure(answer, `equalizers.${index}.salary_usd`), " more salary a year, or a sign-on of ",
    figure(answer, `equalizers.${index}.sign_on_usd`), " without clawback"))));

const flips = (answer) => part("What would change the winner", answer.flips.length > 0 && h("ul", {}, answer.flips.map((one) =>
  h("li", {}, `${named(one.assumption)}: ${one.winner_at_low} at its low, ${one.winner_at_high} at its high`))));

export const page = {
  tool: "compare_offers",
  fits: (answer) => answer.ranking !== undefined && answer.equalizers !== undefined,
  main: () => ({ path: "ranking.0.p50_usd", name: (answer) => `${answer.ranking[0].label} is best:` }),
  draw: (answer) => ({
    head: head({
      kicker: `${answer.ranking.length} offers${answer.ranking[1].regret_usd > 0 ? ` · the best: ${answer.ranking[0].label}` : ""}`, number: figure(answer, "ranking.0.p50_usd"),
      unit: "a year, as salary", headline: answer.headline,
    }),
    body: [sideBySide(answer), best(answer), years(answer), separates(answer), faces(answer), equal(answer), flips(answer), questions(answer), defaulted(answer),
      assumptions(answer), notes(answer)],
  }),
};
