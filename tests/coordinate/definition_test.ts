import { assertEquals } from "@std/assert";
import { definitionOf, differences } from "../../lib/coordinate/definition.ts";
import { readJob } from "../../lib/config/read_job.ts";

const TEXT = `job: shop
source: { url: "https://shop.test", limits: [2/s] }
tables:
  orders: { key: id, columns: { id: text, total: numeric } }
streams:
  orders: { request: { path: /orders, query: { day: "{from}" } }, window: day, rows: orders }
  items: { request: { path: /items }, rows: orders }
`;

async function definition(text: string, file = "job.yaml") {
  return definitionOf(await readJob(file, { readText: () => text, env: () => undefined }));
}

Deno.test("definitionOf() ignores comments, key order and the file name", async () => {
  const reordered = TEXT.replace("{ id: text, total: numeric }", "{ total: numeric, id: text }");
  const other = await definition(`# a comment\n${reordered}`, "other.yaml");
  assertEquals(differences(await definition(TEXT), other), []);
});

Deno.test("differences() names each part that differs, and parts that only one job has", async () => {
  const changed = TEXT.replace("window: day", "window: week").replace("2/s", "3/s")
    .replace("  items:", "  goods:");
  assertEquals(differences(await definition(TEXT), await definition(changed)), [
    "source",
    "streams.goods",
    "streams.items",
    "streams.orders",
  ]);
});

Deno.test("definitionOf() contains no credentials, so that each machine may have its own", async () => {
  const withSource = (source: string) =>
    definition(TEXT.replace(`url: "https://shop.test"`, source));
  assertEquals(
    await withSource(`url: "https://shop.test", headers: { x-key: one }`),
    await withSource(`url: "https://shop.test", headers: { x-key: two }`),
  );
});
