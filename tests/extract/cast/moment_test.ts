import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { castOf } from "../../../lib/extract/cast/cast.ts";
import { fromEpoch, parseIso, parseOffset } from "../../../lib/extract/cast/moment.ts";
import { momentReader } from "../../../lib/extract/cast/moment_pattern.ts";

const MS_OF_YEARS = { min: Date.parse("0002-01-01"), max: Date.parse("9998-12-31") };

Deno.test("parseIso() and fromEpoch() agree with Date on every instant", () => {
  const cast = castOf("timestamptz", { decimal: ".", timeZone: "America/New_York", inKey: false });
  fc.assert(fc.property(fc.integer(MS_OF_YEARS), (ms) => {
    const iso = new Date(ms).toISOString();
    const expected = `${iso.slice(0, 10)} ${iso.slice(11, 19)}` +
      `.${iso.slice(20, 23)}`.replace(/\.?0+$/, "") + "+00";
    assertEquals(cast(iso), expected);
    assertEquals(fromEpoch(ms, "epoch_ms"), parseIso(iso));
  }));
});

Deno.test("momentReader() reads what a pattern wrote", () => {
  const read = momentReader("%Y%m%d%H%M%S");
  fc.assert(fc.property(fc.integer(MS_OF_YEARS), (ms) => {
    const iso = new Date(ms).toISOString();
    const { minute, second } = read(iso.replace(/\D/g, "").slice(0, 14))!;
    assertEquals(minute * 60_000 + second * 1000, Math.floor(ms / 1000) * 1000);
  }));
});

Deno.test("parseOffset() reads the offsets of ISO 8601 and of HTTP dates", () => {
  assertEquals(["Z", "UTC", "gmt", "+01", "+0530", "-03:30"].map(parseOffset), [
    0,
    0,
    0,
    60,
    330,
    -210,
  ]);
  assertEquals(["+16:00", "+01:60", "BST", ""].map(parseOffset), [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("castOf() timestamptz reads a time without an offset in the zone, on days of a clock change too", () => {
  const cast = castOf("timestamptz", { decimal: ".", timeZone: "Europe/London", inKey: false });
  assertEquals(cast("2025-03-30T00:59"), "2025-03-30 00:59:00+00");
  assertEquals(cast("2025-03-30T01:30"), "2025-03-30 01:00:00+00");
  assertEquals(cast("2025-03-30T02:00"), "2025-03-30 01:00:00+00");
  assertEquals(cast("2025-10-26T01:30"), "2025-10-26 00:30:00+00");
  assertEquals(cast("2025-10-26T02:00"), "2025-10-26 02:00:00+00");
});
