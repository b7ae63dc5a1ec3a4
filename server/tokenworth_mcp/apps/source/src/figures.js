// Numbers as people read them; in text each one keeps the path of the field that it is.
import { h } from "./dom.js";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const exact = new Intl.NumberFormat("en-US", { maximumFractionDigits: 20 });
const cents = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 20 });
const shorter = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const UNITS = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]];

const signed = (value, text) => (value < 0 ? `−${text}` : text);

/** $446,714 or $0.50; cents only where there are any. */
export const usd = (value) => signed(value, `$${(Number.isInteger(value) ? exact : cents).format(Math.abs(value))}`);

/** +$1,870 or −$8,074: a step. */
export const usdStep = (value) => (value > 0 ? `+${usd(value)}` : usd(value));

/** $447k, for axes and tight places; below a thousand whole dollars, or cents where those say more. */
export function usdShort(value) {
  const size = Math.abs(value);
  const found = UNITS.find(([by]) => size >= 0.9995 * by);
  if (found) return signed(value, `$${shorter.format(size / found[0])}${found[1]}`);
  return usd(size >= 100 ? Math.round(value) : size >= 1 ? Number(value.toFixed(2)) : Number(value.toPrecision(3)));
}

/** Amounts on one scale: cents in all of them where there are cents in any. */
export const alike = (texts) => (texts.some((text) => /\.\d\d$/.test(text)) ? texts.map((text) => (/^[−$\d,]+$/.test(text) ? `${text}.00` : text)) : texts);

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });

/** 1.28B, a count of tokens for axes and tight places. */
export const tokensShort = (value) => signed(value, compact.format(Math.abs(value)));

/** 18.43% of 0.1843. */
export const percent = (value) => signed(value, `${exact.format(Math.abs(Number((value * 100).toPrecision(10))))}%`);

/** 12,345 or 0.05. */
export const plain = (value) => (typeof value === "number" ? signed(value, exact.format(Math.abs(value))) : String(value));

/** 0.545455 of 0.5454545454545454, where the digits behind say nothing. */
export const about = (value) => plain(Number.isInteger(value) ? value : Number(value.toPrecision(6)));

export const count = (value) => whole.format(value);

/** What is at a path such as "pay.by_year.0.p50_usd". */
export const at = (answer, path) => path.split(".").reduce((inner, key) => inner?.[key], answer);

/** $10.11 of 10.1078156 and $28.00, as the sentences have it, and $0.0042 where cents would say nothing. */
export function spent(value) {
  const small = value !== 0 && Math.abs(value) < 0.01;
  return signed(value, `$${cents.format(Math.abs(Number(small ? value.toPrecision(2) : value.toFixed(2))))}`);
}

/** A value in its unit: $6,000, 15% or 0.95. */
export const inUnit = (value, unit = "") => (unit.startsWith("USD") ? usd(value) : /^(share|probability)$/.test(unit) ? percent(value) : plain(value));

const FORMATS = { usd, usdStep, percent, plain, about, spent };

/** The number at a path, formatted, in an element that says where it came from. */
export function figure(answer, path, format = "usd") {
  const value = at(answer, path);
  if (value === undefined || value === null) return "";
  const shown = FORMATS[format](/^(usd|spent)$/.test(format) ? Number(value) : value);
  return h("data", { value, "data-path": path, "data-format": format }, shown);
}

/** snake_case names and enum values as words: own_spend_usd_year is own spend, USD a year. */
export const words = (name) => String(name).replaceAll("_", " ").replace(/ usd (year|month)$/, ", USD a $1").replace(/ usd$/, ", USD").replace(/ (\d+)y$/, ", $1 years")
  .replace(/\b(usd|ai|rsu|409a)\b/g, (known) => known.toUpperCase()).replace(/\bp(10|50|90)\b/g, "P$1");

/** The same as a name at the beginning of a line. */
export const named = (name) => words(name).replace(/^./, (letter) => letter.toUpperCase());
