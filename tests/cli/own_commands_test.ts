import { assertEquals } from "@std/assert";
import { asStarted } from "../../lib/cli/own_commands.ts";

Deno.test("asStarted() names the job file in every command that takes one, and in no other", () => {
  const text =
    "next   deno task errors, then deno task backfill --resume; deno task init writes one";
  assertEquals(
    asStarted(text, "jobs/my shop.yaml", "deno task"),
    "next   deno task errors --config 'jobs/my shop.yaml', then " +
      "deno task backfill --config 'jobs/my shop.yaml' --resume; deno task init writes one",
  );
  assertEquals(
    asStarted("Run deno task check", "jobs/shop.yaml", "deno task"),
    "Run deno task check jobs/shop.yaml",
  );
  assertEquals(asStarted(text, undefined, "deno task"), text);
});

Deno.test("asStarted() keeps a job file that a command names already, and uses the given form", () => {
  assertEquals(
    asStarted("deno task backfill --config a.yaml --dry-run", "b.yaml", "hindcast"),
    "hindcast backfill --config a.yaml --dry-run",
  );
});
