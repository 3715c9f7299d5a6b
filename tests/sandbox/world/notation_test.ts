import { assertEquals } from "@std/assert";
import * as notation from "../../../lib/sandbox/world/notation.ts";

Deno.test("notation writes what the recordings write", () => {
  assertEquals(notation.roundDistance(2 * 1760 + 53), "2m");
  assertEquals(notation.exactDistance(2 * 1760 + 53), "2m53y");
  assertEquals(notation.furlongs(2 * 1760 + 53), 16);
  assertEquals(notation.roundDistance(11 * 220), "1m3f");
  assertEquals(notation.metres(11 * 220), 2212);
  assertEquals(notation.stones(131), "9-5");
  assertEquals(notation.clock(139.97), "2:19.97");
  assertEquals(notation.spokenClock(139.97), "2m 19.97s");
  assertEquals(notation.offTime(14 * 60 + 12), "2:12");
  assertEquals(notation.offDateTime(20_374, 852, 60), "2025-10-13T14:12:00+01:00");
  assertEquals(notation.roundMoney("£", 419_320), "£4,193");
  assertEquals(notation.twoPlaces(418_720), "4187.20");
});

Deno.test("notation writes halves, seconds alone and noon", () => {
  assertEquals(notation.roundDistance(16.5 * 220), "2m½f");
  assertEquals(notation.roundDistance(5.5 * 220), "5½f");
  assertEquals(notation.exactDistance(5 * 220), "5f");
  assertEquals(notation.clock(59.81), "59.81");
  assertEquals(notation.clock(62.05), "1:02.05");
  assertEquals(notation.offTime(12 * 60), "12:00");
  assertEquals(notation.roundMoney("€", 123_456_789), "€1,234,567");
  assertEquals([9.5, 49].map((amount) => notation.dividend("£", amount)), ["£9.50", "£49"]);
});

Deno.test("margin() writes quarters without a leading zero and short margins with one", () => {
  const written = [0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.25, 12].map(notation.margin);
  assertEquals(written, ["0", "0.05", "0.1", "0.2", "0.3", ".5", ".75", "1", "1.25", "12"]);
});
