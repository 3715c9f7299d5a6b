// Converts values from PostgreSQL's text format to JavaScript: plain values for display and
// JSON, the same from both databases. Nothing is rounded: a number that JavaScript cannot represent stays a
// string.

const BOOLEAN = 16;
const [BIGINT, SMALLINT, INTEGER, OID, REAL, DOUBLE] = [20, 21, 23, 26, 700, 701];
const NUMERIC = 1700;
const [JSON_TYPE, JSONB] = [114, 3802];
const [TIMESTAMP, TIMESTAMPTZ] = [1114, 1184];

/** Array types by the type of their elements. */
const ELEMENTS: Record<number, number> = {
  199: JSON_TYPE,
  1000: BOOLEAN,
  1005: SMALLINT,
  1007: INTEGER,
  1009: 25,
  1015: 1043,
  1016: BIGINT,
  1021: REAL,
  1022: DOUBLE,
  1028: OID,
  1115: TIMESTAMP,
  1182: 1082,
  1183: 1083,
  1185: TIMESTAMPTZ,
  1231: NUMERIC,
  2951: 2950,
  3807: JSONB,
};

/** Decimal digits that a JavaScript number always distinguishes. */
const EXACT_DIGITS = 15;

/** The value of a type, given by its OID, from its text format. */
export function readValue(oid: number, text: string): unknown {
  const element = ELEMENTS[oid];
  if (element !== undefined) return readArray(text, (item) => readValue(element, item));
  switch (oid) {
    case BOOLEAN:
      return text === "t";
    case SMALLINT:
    case INTEGER:
    case OID:
      return Number(text);
    case BIGINT:
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case REAL:
    case DOUBLE:
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case NUMERIC:
      return /^-?[\d.]+$/.test(text) && text.replace(/\D/g, "").length <= EXACT_DIGITS
        ? Number(text)
        : text;
    case JSON_TYPE:
    case JSONB:
      return JSON.parse(text);
    case TIMESTAMP:
      return text.replace(" ", "T");
    case TIMESTAMPTZ:
      return isoInstant(text);
    default:
      return text;
  }
}

/** `2024-01-31 12:00:00+00` as ISO 8601; `infinity` and dates BC stay as they are. */
function isoInstant(text: string): string {
  return text.replace(" ", "T").replace(/\+00(:00)?$/, "Z");
}

/** The items of an array such as `{a,"b c",NULL}`, with its nesting. */
function readArray(text: string, item: (text: string) => unknown): unknown[] {
  let at = text.indexOf("{");
  const list = (): unknown[] => {
    const items: unknown[] = [];
    for (at++; text[at] !== "}" && at < text.length;) {
      if (text[at] === "{") items.push(list());
      else if (text[at] === '"') items.push(item(quoted()));
      else items.push(plain());
      if (text[at] === ",") at++;
    }
    at++;
    return items;
  };
  const quoted = (): string => {
    let value = "";
    for (at++; text[at] !== '"' && at < text.length; at++) {
      if (text[at] === "\\") at++;
      value += text[at];
    }
    at++;
    return value;
  };
  const plain = (): unknown => {
    const start = at;
    while (text[at] !== "," && text[at] !== "}" && at < text.length) at++;
    const value = text.slice(start, at);
    return value === "NULL" ? null : item(value);
  };
  return list();
}
