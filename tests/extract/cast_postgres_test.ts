// PostgreSQL must accept every text that a cast returns: one that it refuses would cost the whole batch. Tested
// on PGlite, which is PostgreSQL, with texts that look like values of each type.
import { assertEquals } from "@std/assert";
import { PGlite } from "@electric-sql/pglite";
import fc from "fast-check";
import { COLUMN_TYPES, type ColumnType } from "../../lib/config/schema/job_schema.ts";
import { castOf } from "../../lib/extract/cast/cast.ts";
import { sqlType } from "../../lib/upsert/sql/sql_type.ts";
import { ExactNumber } from "../../lib/extract/cast/exact_number.ts";

/** Values tried for each type. */
const CASES = Number(Deno.env.get("HINDCAST_FUZZ_CASES") ?? 200);

const digits = fc.stringMatching(/^[+-]?[0-9]{0,20}(\.[0-9]{0,8})?([eE][+-]?[0-9]{1,3})?$/);
const date = fc.stringMatching(
  /^(0000|0001|1582|1900|2024|2025|9999)-(0[0-9]|1[0-3])-([0-2][0-9]|3[0-2])$/,
);
const time = fc.stringMatching(
  /^([01][0-9]|2[0-4]):[0-6][0-9](:[0-6][0-9](\.[0-9]{1,7})?)?(Z|[+-](0[0-9]|1[0-6])(:?[0-5][0-9])?)?$/,
);
const moment = fc.tuple(date, fc.constantFrom(" ", "T"), time).map((parts) => parts.join(""));
const numeral = fc.oneof(
  digits,
  fc.double(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map((number) => new ExactNumber(`${number}`)),
  fc.integer(),
);
const word = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(
    "infinity",
    "NaN",
    "now",
    "epoch",
    "t",
    "on",
    "{}",
    "NULL",
    "\\N",
    "\u2028",
    "1_000",
  ),
);

/** Values that look like those of a type. */
function near(type: string): fc.Arbitrary<unknown> {
  if (type.endsWith("[]")) {
    return fc.array(fc.oneof(near(type.slice(0, -2)), fc.constant(null)), { maxLength: 3 });
  }
  if (["integer", "bigint", "numeric", "double"].includes(type)) return numeral;
  if (type === "money") {
    return fc.tuple(fc.constantFrom("£", "-€", ""), digits).map((p) => p.join(""));
  }
  if (type === "date") return fc.oneof(date, moment);
  if (type === "time") return fc.oneof(time, moment);
  if (type.startsWith("timestamp")) return fc.oneof(date, moment);
  if (type === "boolean") return fc.oneof(fc.boolean(), word);
  if (type === "uuid") return fc.uuid();
  return type === "jsonb" ? fc.jsonValue({ stringUnit: "binary" }) : word;
}

/** Values of which three in four look like those of the type. */
function valueFor(type: string): fc.Arbitrary<unknown> {
  const anything = fc.oneof(numeral, word, date, time, fc.jsonValue());
  return fc.oneof({ weight: 3, arbitrary: near(type) }, { weight: 1, arbitrary: anything });
}

Deno.test("castOf() returns only what PostgreSQL accepts", async (t) => {
  await using db = await PGlite.create();
  await t.step(
    "equal keys are written equally, and written timestamps sort chronologically",
    () => assertCanonical(db),
  );
  for (const type of COLUMN_TYPES) {
    const casts = [false, true].map((inKey) =>
      castOf(type, { decimal: ".", timeZone: "Europe/London", inKey })
    );
    const texts = fc.sample(valueFor(type), { numRuns: CASES, seed: 1 }).filter((item) =>
      item !== null
    )
      .flatMap((item) => casts.map((cast) => cast(item)))
      .filter((text) => typeof text === "string");
    assertEquals(await refused(db, type, [...new Set(texts)]), [], type);
  }
});

/** The texts that PostgreSQL cannot read as the type: tried all at once, then one by one. */
async function refused(db: PGlite, type: ColumnType, texts: string[]): Promise<string[]> {
  const ask = (asked: string[]) =>
    db.query(`SELECT count(v::${sqlType(type)}::text) FROM unnest($1::text[]) AS v`, [asked]);
  try {
    await ask(texts);
    return [];
  } catch {
    const wrong: string[] = [];
    for (const text of texts) await ask([text]).catch((error) => wrong.push(`${text}: ${error}`));
    return wrong;
  }
}

async function assertCanonical(db: PGlite): Promise<void> {
  for (const type of ["numeric", "bigint", "date", "timestamp", "timestamptz", "time"] as const) {
    const cast = castOf(type, { decimal: ".", timeZone: "Europe/London", inKey: true });
    const texts = fc.sample(valueFor(type), { numRuns: CASES, seed: 2 })
      .map(cast).filter((text) => typeof text === "string");
    const distinct = [...new Set(texts)].sort();
    const { rows } = await db.query<{ v: string }>(
      `SELECT v FROM (SELECT DISTINCT ON (v::${type}) v FROM unnest($1::text[]) AS v) AS d ` +
        `ORDER BY v::${type}`,
      [distinct],
    );
    const sorted = type === "numeric" || type === "bigint"
      ? rows.map(({ v }) => v).sort()
      : rows.map(({ v }) => v);
    assertEquals(sorted, distinct, type);
  }
}
