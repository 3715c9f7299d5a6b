// Owns JSON numbers that a float would change: rounded digits, trailing zeros, exponents, values that are
// out of range. It never computes with them. Invariant: a number whose float writes back the same text
// is a plain number, so a number has exactly one representation.

/** The types of the compiler do not include it yet; ECMAScript and V8 do. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** A JSON number, as written in the response. */
export class ExactNumber {
  /** The number, as written. */
  readonly source: string;

  /** Keeps a JSON number, as written. */
  constructor(source: string) {
    this.source = source;
  }

  /** The number, as written. */
  toString(): string {
    return this.source;
  }

  /** The number for JSON.stringify, which writes it unchanged. */
  toJSON(): unknown {
    return rawJSON(this.source);
  }
}

/** The value of a JSON number: a float where that writes back the same text. */
export function readNumber(source: string): number | ExactNumber {
  const number = Number(source);
  return String(number) === source ? number : new ExactNumber(source);
}

/** Whether a value is a JSON number. */
export function isNumber(value: unknown): value is number | ExactNumber {
  return typeof value === "number" || value instanceof ExactNumber;
}

/** Whether a value is a string, a number or a boolean, which `String` writes as the response does. */
export function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value instanceof ExactNumber;
}

/**
 * One text for all numbers that are equal: that of the float where it is exact, else the plain digits.
 */
export function canonicalNumber({ source }: ExactNumber): string {
  const float = String(Number(source) + 0);
  const exact = decimalOf(source);
  if (exact === decimalOf(float)) return float;
  const { sign, digits, exponent } = partsOf(source);
  if (Math.abs(exponent) > MAX_ZEROS) return exact;
  if (exponent >= 0) return `${sign}${digits}${"0".repeat(exponent)}`;
  const padded = digits.padStart(1 - exponent, "0");
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/** Most zeros that are written out. */
const MAX_ZEROS = 1000;

/** Sign, digits and power of ten of a number; equal numbers have equal texts. */
function decimalOf(text: string): string {
  const { sign, digits, exponent } = partsOf(text);
  return digits === "" ? "0" : `${sign}${digits}e${exponent}`;
}

/** A number's sign, its digits without zeros around them, and the power of ten of the last one. */
function partsOf(text: string): { sign: string; digits: string; exponent: number } {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return { sign: "", digits: text, exponent: 0 };
  const [, sign = "", whole = "", fraction = "", power = "0"] = match;
  const all = `${whole}${fraction}`;
  const digits = all.replace(/0+$/, "");
  const exponent = Number(power) - fraction.length + all.length - digits.length;
  return { sign, digits: digits.replace(/^0+/, ""), exponent };
}
