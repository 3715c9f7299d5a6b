import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { drawFault, faultKinds, parseFault } from "../../lib/sandbox/faults.ts";
import { Failure } from "../../lib/failure.ts";

Deno.test("parseFault() reads kind, share and what follows", () => {
  assertEquals(parseFault("500:0.05"), { kind: "500", share: 0.05, argument: "" });
  assertEquals(parseFault("slow:1:800"), { kind: "slow", share: 1, argument: "800" });
  assertEquals(parseFault("429:0.1:Mon, 13 Oct 2025 14:00:00 GMT"), {
    kind: "429",
    share: 0.1,
    argument: "Mon, 13 Oct 2025 14:00:00 GMT",
  });
  for (const kind of Object.keys(faultKinds)) assertEquals(parseFault(`${kind}:0`).kind, kind);
});

Deno.test("parseFault() refuses what is not a fault and lists the kinds", () => {
  for (const text of ["", "500", "500:", "500:2", "500:-0.1", "500:x", "200:0.1", "toString:0.1"]) {
    const error = assertThrows(() => parseFault(text), Failure, `Cannot read fault "${text}"`);
    assert((error as Failure).hint!.includes("truncate"));
  }
});

Deno.test("drawFault() selects the declared share of requests, the same ones each time", () => {
  const faults = [parseFault("500:0.05"), parseFault("reset:0.1"), parseFault("500:0.05")];
  const hits = (seed: number) =>
    Array.from({ length: 4000 }, (_, n) => drawFault(faults, seed, n + 1)?.kind ?? "none");
  const count = (kind: string) => hits(1).filter((hit) => hit === kind).length;
  assert(Math.abs(count("500") - 390) < 60, `${count("500")}`);
  assert(Math.abs(count("reset") - 380) < 60, `${count("reset")}`);
  assertEquals(hits(1), hits(1));
  assert(hits(1).join() !== hits(2).join());
});

Deno.test("drawFault() selects no request with share 0 and every request with share 1", () => {
  fc.assert(fc.property(fc.integer(), fc.integer({ min: 1 }), (seed, number) => {
    assertEquals(drawFault([parseFault("html:0")], seed, number), undefined);
    assertEquals(drawFault([parseFault("html:1")], seed, number)?.kind, "html");
  }));
});
