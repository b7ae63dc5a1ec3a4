// Numbers as people read them; in text each one keeps the path of the field that it is.
import { h } from "./dom.js";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const exact = new Intl.NumberFormat("en-US", { maximumFractionDigits: 20 });
const cents = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 20 });
const shorter = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

const signed = (value, text) => (value < 0 ? `−${text}` : text);

/** $446,714 or $0.50; cents only where there are any. */
export const usd = (value) => signed(value, `$${(Number.isInteger(value) ? exact : cents).format(Math.abs(value))}`);

/** +$1,870 or −$8,074: a step. */
export const usdStep = (value) => (value > 0 ? `+${usd(value)}` : usd(value));

/** $447k, for axes and tight places. */
export function usdShort(value) {
  const size = Math.abs(value);
  const [by, unit] = size >= 999_500 ? [1e6, "M"] : size >= 1000 ? [1e3, "k"] : [1, ""];
  return signed(value, `$${shorter.format(size / by)}${unit}`);
}

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });

/** 1.28B, a count of tokens for axes and tight places. */
export const tokensShort = (value) => signed(value, compact.format(Math.abs(value)));

/** 18.43% of 0.1843. */
export const percent = (value) => `${exact.format(Number((value * 100).toPrecision(10)))}%`;

/** 12,345 or 0.05. */
export const plain = (value) => (typeof value === "number" ? signed(value, exact.format(Math.abs(value))) : String(value));

/** 0.545455 of 0.5454545454545454, where the digits behind say nothing. */
export const about = (value) => plain(Number.isInteger(value) ? value : Number(value.toPrecision(6)));

export const count = (value) => whole.format(value);

/** What is at a path such as "pay.by_year.0.p50_usd". */
export const at = (answer, path) => path.split(".").reduce((inner, key) => inner?.[key], answer);

/** $10.11 of 10.1078156, and $0.0042 where cents would say nothing: for what is added up from prices of tokens. */
export function spent(value) {
  const small = value !== 0 && Math.abs(value) < 0.01;
  return usd(Number(small ? value.toPrecision(2) : value.toFixed(2)));
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

/** snake_case names and enum values as words. */
export const words = (name) => String(name).replaceAll("_", " ").replace(/\b(usd|ai|rsu)\b/g, (known) => known.toUpperCase()).replace(/\bp(10|50|90)\b/g, "P$1");
