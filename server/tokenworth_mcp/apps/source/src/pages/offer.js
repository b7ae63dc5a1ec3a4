// One offer: from what it says to what it is worth, year by year, and what moves it.
import { assumptions, between, defaulted, head, notes, part, questions } from "../answers.js";
import { chart, table } from "../chart.js";
import { h } from "../dom.js";
import { figure, named, usd, usdShort, usdStep } from "../figures.js";
import { overTime } from "../plane.js";
import { bars, ranges, waterfall } from "../rows.js";

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function way(answer) {
  const rows = Object.entries(answer.waterfall).map(([name, value], index, all) => ({
    name: capital(name), value, total: index === 0 || index === all.length - 1,
  }));
  const steps = rows.filter((row) => !row.total);
  const largest = steps.reduce((worst, row) => (row.value < worst.value ? row : worst), steps[0] ?? { name: "", value: 0 });
  return chart({
    title: "From face to pay value",
    says: `${usd(rows[0].value)} a year at face, ${usd(rows.at(-1).value)} in pay.${largest.value < 0 ? ` The largest loss: ${largest.name.toLowerCase()}, ${usd(-largest.value)}.` : ""}`,
    paint: waterfall(rows, usd, usdStep),
    table: table(["Step", "USD a year"], rows.map((row, index) => [row.name,
      figure(answer, `waterfall.${Object.keys(answer.waterfall)[index]}`, row.total ? "usd" : "usdStep")])),
  });
}

export const FAN = "The line is the middle (P50); the band holds 8 of 10 outcomes (P10 to P90); the dashes are face value.";

/** Where the line falls to less than this share of a year's value, that value stands above the line. */
const FALLS = 0.95;

/** An offer's years as a fan, face value above it. */
export const fan = (rows, face) => ({
  band: rows.map((row) => ({ x: row.year, low: row.p10_usd, high: row.p90_usd })),
  lines: [
    { spots: rows.map((row) => ({ x: row.year, y: row.p50_usd })), kind: "main", dots: true, name: "worth" },
    ...(face ? [{ spots: face.map((y, index) => ({ x: index + 1, y })), kind: "faint", name: "face" }] : []),
  ],
  notes: rows.map((row, index) => ({ x: row.year, y: row.p50_usd, text: usdShort(row.p50_usd), under: !(rows[index + 1]?.p50_usd < FALLS * row.p50_usd) })),
  formatX: (year) => `Year ${year}`, formatY: usdShort, ticksX: () => rows.map((row) => row.year),
});

function years(answer) {
  const rows = answer.pay.by_year;
  if (!rows) return null;
  const face = answer.face.by_year_usd;
  return chart({
    title: "Year by year",
    says: FAN,
    paint: overTime(fan(rows, face)),
    table: table(["Year", "Face", "P10", "P50", "P90"], rows.map((row, index) => [`Year ${row.year}`,
      face ? figure(answer, `face.by_year_usd.${index}`) : "",
      ...["p10_usd", "p50_usd", "p90_usd"].map((end) => figure(answer, `pay.by_year.${index}.${end}`))])),
  });
}

function parts(answer) {
  const rows = answer.components.map((one) => ({
    name: named(one.name), low: one.p10_usd ?? one.p50_usd, point: one.p50_usd, high: one.p90_usd ?? one.p50_usd,
  }));
  return chart({
    title: "What each part is worth",
    says: "Dots are the middle, bars hold 8 of 10 outcomes, in salary a year; the upright line is zero.",
    paint: ranges(rows, usd, { mark: 0 }),
    table: table(["Part", "Face", "P10", "P50", "P90"], answer.components.map((one, index) => [named(one.name),
      ...["face_usd", "p10_usd", "p50_usd", "p90_usd"].map((end) => figure(answer, `components.${index}.${end}`))])),
  });
}

/** What moves a result by less than this share of what moves it most is not drawn. */
const NEGLIGIBLE = 0.01;
const AROUND = {
  title: "What moves it most",
  says: "Each bar runs from the result with an assumption at its low to the result with it at its high",
};

/** What moves a result most, as ranges around it; a range across zero, where there is one, stands out. */
export function drivers(answer, result, { title, says } = AROUND) {
  const width = ([a, b]) => Math.abs(a - b);
  const all = Object.entries(answer.tornado ?? {});
  const names = all.filter(([, ends]) => width(ends) > NEGLIGIBLE * width(all[0][1])).slice(0, 8).map(([name]) => name);
  if (!names.length) return null;
  const rows = names.map((name) => {
    const [a, b] = answer.tornado[name];
    return { name: named(name), low: Math.min(a, b), high: Math.max(a, b), strong: Math.min(a, b) < 0 && Math.max(a, b) > 0 };
  });
  return chart({
    title,
    says: says === AROUND.says ? `${says}${result === undefined ? "" : "; the upright line is the result now"}.` : says,
    paint: ranges(rows, usdShort, { ends: (row) => `${usdShort(row.low)} to ${usdShort(row.high)}`, mark: result }),
    table: table(["Assumption", "At its low", "At its high"], names.map((name) => [named(name),
      figure(answer, `tornado.${name}.0`), figure(answer, `tornado.${name}.1`)])),
  });
}

function negotiate(answer) {
  if (!answer.levers.length) return null;
  return chart({
    title: "Worth asking for",
    says: "What each term would add on average, USD a year.",
    paint: bars(answer.levers.map((one) => ({ name: capital(one.ask_for), value: one.gain_usd, kind: "gain" })), usdStep),
    table: table(["Ask for", "Adds a year"], answer.levers.map((one, index) => [capital(one.ask_for), figure(answer, `levers.${index}.gain_usd`, "usdStep")])),
  });
}

const tokens = (answer) => answer.tokens && part("The tokens", h("p", { class: "prose" },
  "Of ", figure(answer, "tokens.advertised_usd"), " a year advertised, about ", figure(answer, "tokens.used_usd"), " would be used, ",
  figure(answer, "tokens.yours_usd"), " of it for yourself. In salary they are worth about ", figure(answer, "tokens.as_salary_p50_usd"),
  ` a year${answer.tokens.as_salary_p50_usd < 0 ? ", so you would be better off without them" : ""}; they cost the employer about `, figure(answer, "tokens.employer_cost_usd"), "."));

export const page = {
  tool: "value_offer",
  fits: (answer) => answer.pay !== undefined && answer.waterfall !== undefined,
  main: () => ({ path: "pay.p50_usd", name: () => "Pay value" }),
  draw: (answer) => ({
    head: head({
      kicker: answer.label ? `Offer · ${answer.label}` : "Offer", number: figure(answer, "pay.p50_usd"),
      unit: "a year, as salary", range: between(answer, "pay"), headline: answer.headline,
    }),
    body: [way(answer), years(answer), parts(answer), tokens(answer), drivers(answer, answer.pay.p50_usd), negotiate(answer),
      questions(answer), defaulted(answer), assumptions(answer), notes(answer)],
  }),
};
