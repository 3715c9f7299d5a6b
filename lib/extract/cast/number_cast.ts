// Owns the casts of numbers. Digits are handled as text, so that no value is rounded to a float; leading
// zeros are dropped and exponents written out. JSON numbers that a float would change arrive here as
// ExactNumber.
import { type Cast, type CastOptions, Invalid } from "./invalid.ts";
import { ExactNumber, isNumber } from "./exact_number.ts";
import { kindOf } from "./kind_of.ts";
import { isPlainDecimal, isPlainInteger } from "./fast_path.ts";

/** Most digits of a number written out. PostgreSQL's numeric takes more; no API means them. */
const MAX_DIGITS = 1000;

/** An integer type. */
export type IntegerType = "integer" | "bigint";

const RANGES: Readonly<Record<IntegerType, readonly [bigint, bigint]>> = {
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** The cast to integer or bigint: integers in range, "3.0" among them. */
export function integerCast(type: IntegerType, options: CastOptions): Cast {
  const [least, most] = RANGES[type];
  return (value) => {
    if (typeof value === "string" && isPlainInteger(value)) return value;
    const text = digitsOf(value, options);
    if (typeof text !== "string") return text;
    const whole = /^(-?\d+)(?:\.0*)?$/.exec(text)?.[1];
    if (whole === undefined) return new Invalid("is not an integer");
    const number = BigInt(whole);
    if (number < least || number > most) return new Invalid(`is out of range for ${type}`);
    return String(number);
  };
}

/** The cast to numeric; trailing zeros after the point stay, except in a key. */
export function numericCast(options: CastOptions): Cast {
  const isPlain = options.inKey || options.decimal === "," ? isPlainInteger : isPlainDecimal;
  return (value) => {
    if (typeof value === "string" && isPlain(value)) return value;
    if (value instanceof ExactNumber && !options.inKey && isPlainDecimal(value.source)) {
      return value.source;
    }
    if (typeof value === "string" && value.startsWith(".") && isPlain(`0${value}`)) {
      return `0${value}`;
    }
    const text = digitsOf(value, options);
    if (typeof text !== "string" || !options.inKey || !text.includes(".")) return text;
    return text.replace(/\.?0+$/, "");
  };
}

/** The cast to double precision. */
export function doubleCast(options: CastOptions): Cast {
  return (value) => {
    const text = digitsOf(value, options);
    if (typeof text !== "string") return text;
    const number = Number(text);
    const lost = number === 0 && /[1-9]/.test(text);
    return lost || !Number.isFinite(number)
      ? new Invalid("is out of range for double")
      : String(number + 0);
  };
}

const SIGN = String.raw`([+-]?)`;
/** Letters that change the value, such as "bn" or "CR" (a credit), and so are not the name of a currency. */
const NO_CURRENCY =
  "(?!(?:bn|bil|bln|mn|mm|mio|mil|mln|mld|mlr|mrd|md|mdr|mia|tn|trn|trl|tsd|lac|lkh|kk|cr|dr|pct|bps?)(?![a-z]))";
const CURRENCY = String.raw`(?:[a-z]{0,3}\p{Sc}|${NO_CURRENCY}[a-z]{2,3})?`;
const BLANK = String.raw`[\s]?`;
const AMOUNTS = {
  ".": moneyPattern(String.raw`,'’ \u00a0\u202f`, String.raw`\.`),
  ",": moneyPattern(String.raw`.'’ \u00a0\u202f`, ","),
};

/** "£4,193", "-$12.50", "1.234,50 EUR": a sign, a currency before or after, grouped digits. */
function moneyPattern(groupMarks: string, decimalMark: string): RegExp {
  const whole = String.raw`(\d{1,3}(?:[${groupMarks}]\d{2,3})*[${groupMarks}]\d{3}|\d*)`;
  const amount = `${whole}(?:${decimalMark}(\\d*))?`;
  const before = `${SIGN}${BLANK}${CURRENCY}${BLANK}${SIGN}`;
  return new RegExp(`^${before}${amount}${BLANK}${CURRENCY}$`, "iu");
}

/**
 * The cast to money, which is stored as numeric: currency signs and thousands separators are dropped, and
 * an amount in parentheses is negative.
 */
export function moneyCast(options: CastOptions): Cast {
  const plain = numericCast(options);
  const pattern = AMOUNTS[options.decimal];
  const isPlain = options.decimal === "," ? isPlainInteger : isPlainDecimal;
  return (found) => {
    if (typeof found !== "string" || isPlain(found)) return plain(found);
    if (found.length > MAX_DIGITS) return tooLong();
    const value = /^\([^-+]*\)$/.test(found) ? `-${found.slice(1, -1)}` : found;
    const match = pattern.exec(value);
    if (match === null) return plain(found);
    const [, sign = "", innerSign = "", whole = "", fraction = ""] = match;
    if (sign !== "" && innerSign !== "") return notANumber(found);
    const digits = `${sign}${innerSign}${whole.replace(/\D/g, "")}`;
    return plain(fraction === "" ? digits : `${digits}${options.decimal}${fraction}`);
  };
}

/** Multiplies the number that a cast reads by a factor, exactly, for the cast that follows. */
export function scaledCast(read: Cast, factor: string, cast: Cast): Cast {
  const [digits, places] = integerParts(factor);
  return (value) => {
    const text = read(value);
    if (typeof text !== "string") return text;
    const [own, ownPlaces] = integerParts(text);
    const product = own * digits;
    const isNegative = product < 0n;
    const point = places + ownPlaces;
    const all = String(isNegative ? -product : product).padStart(point + 1, "0");
    const [whole, fraction] = [all.slice(0, all.length - point), all.slice(all.length - point)];
    return cast(`${isNegative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`);
  };
}

/** The digits of a decimal number as an integer, and how many of them follow the point. */
function integerParts(text: string): [digits: bigint, places: number] {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const places = fraction.length - Number(exponent);
  const digits = BigInt(`${sign}${whole}${fraction}${"0".repeat(Math.max(0, -places))}`);
  return [digits, Math.max(0, places)];
}

const CLOCK = /^(?:(?:(\d{1,9})\s?[h:]\s?)?(\d{1,9})\s?[m:]\s?)?(\d{1,9})(\.\d{0,9})?\s?s?$/;

/** Turns "2:19.97", "1:02:03" or "2m 19.97s" into seconds, exactly, for the cast that follows. */
export function clockCast(cast: Cast): Cast {
  return (value) => {
    const match = typeof value === "string" ? CLOCK.exec(value) : null;
    if (match === null) return isNumber(value) ? cast(value) : notAClock();
    const [, hours = "0", minutes = "0", seconds = "0", fraction = ""] = match;
    const isOver = (part: string, above: string | undefined) =>
      above !== undefined && Number(part) >= 60;
    if (isOver(seconds, match[2]) || isOver(minutes, match[1])) return notAClock();
    return cast(`${Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)}${fraction}`);
  };
}

function notAClock(): Invalid {
  return new Invalid('is not a duration such as "2:19.97"');
}

const NUMBERS = {
  ".": /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/,
  ",": /^([+-]?)(\d*)(?:,(\d*))?(?:[eE]([+-]?\d{1,4}))?$/,
};

/** A number in plain digits: a sign if negative, at least one digit before the point, no exponent. */
function digitsOf(value: unknown, options: CastOptions): string | Invalid {
  const isText = typeof value === "string";
  if (!isText && !isNumber(value)) {
    return new Invalid(`is ${kindOf(value)}, not a number`);
  }
  const text = String(value);
  if (text.length > MAX_DIGITS) return tooLong();
  const match = NUMBERS[isText ? options.decimal : "."].exec(text);
  if (match === null) return notANumber(value);
  const [, sign, whole = "", fraction = "", exponent] = match;
  if (whole === "" && fraction === "") return notANumber(value);
  const shifted = exponent === undefined
    ? { whole, fraction }
    : shift(whole, fraction, Number(exponent));
  if (shifted === undefined) return tooLong();
  return plainNumber(sign === "-", shifted.whole, shifted.fraction);
}

/** The digits with the point moved right by `exponent`; undefined where that needs too many zeros. */
function shift(whole: string, fraction: string, exponent: number) {
  if (Math.abs(exponent) > MAX_DIGITS) return undefined;
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return { whole: "0", fraction: "0".repeat(-point) + digits };
  return { whole: digits.slice(0, point).padEnd(point, "0"), fraction: digits.slice(point) };
}

function plainNumber(isNegative: boolean, whole: string, fraction: string): string {
  const digits = whole.replace(/^0+(?=\d)/, "") || "0";
  const text = fraction === "" ? digits : `${digits}.${fraction}`;
  return isNegative && /[1-9]/.test(text) ? `-${text}` : text;
}

function tooLong(): Invalid {
  return new Invalid(`has more than ${MAX_DIGITS} digits`);
}

function notANumber(value: unknown): Invalid {
  return new Invalid(typeof value === "number" ? "is not a finite number" : "is not a number");
}
