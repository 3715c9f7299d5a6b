import { assertEquals, assertNotEquals } from "@std/assert";
import { fingerprint } from "../../../lib/fetch/paging/fingerprint.ts";
import { ExactNumber } from "../../../lib/extract/cast/exact_number.ts";

const page = (count: number, change: (id: number) => unknown = (id) => id) =>
  Array.from({ length: count }, (_, id) => ({ id: change(id) }));

Deno.test("fingerprint() is equal for pages with the same records", () => {
  assertEquals(fingerprint(page(100)), fingerprint(page(100)));
  assertEquals(
    fingerprint([{ id: new ExactNumber("1.10") }]),
    fingerprint([{ id: new ExactNumber("1.10") }]),
  );
});

Deno.test("fingerprint() differs when number, first, middle or last record differ", () => {
  const prints = [
    page(100),
    page(99),
    page(100, (id) => id === 0 ? -1 : id),
    page(100, (id) => id === 50 ? -1 : id),
    page(100, (id) => id === 99 ? -1 : id),
  ].map(fingerprint);
  assertEquals(new Set(prints).size, prints.length);
});

Deno.test("fingerprint() compares every record of a short page", () => {
  for (const at of [0, 1, 2, 3, 4]) {
    assertNotEquals(fingerprint(page(5)), fingerprint(page(5, (id) => id === at ? -1 : id)));
  }
});
