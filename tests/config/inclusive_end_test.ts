import { assertEquals } from "@std/assert";
import { inclusiveEndNotes } from "../../lib/config/inclusive_end.ts";
import { jobOf } from "../fetch/job.ts";

const notesOn = (until: string, type = "timestamptz") =>
  inclusiveEndNotes(jobOf("https://api.test", {
    request: { path: "/things", query: { since: "{from|instant}", until } },
    window: "day",
  }, { tables: { things: { key: "id", columns: { id: "bigint", at: type } } } }));

Deno.test("inclusiveEndNotes() names an end that loses the fractions of the last second", () => {
  assertEquals(notesOn("{last|instant}"), [
    'Stream "things" ends its windows with "{last|instant}": ' +
    "if its instants have fractions of a second, write {to|instant} or {last|instant_ms}",
  ]);
  assertEquals(notesOn("{last|epoch}")[0]?.endsWith("write {to|epoch}"), true);
});

Deno.test("inclusiveEndNotes() reports nothing for ends that lose nothing", () => {
  for (
    const end of [
      "{last}",
      "{to|instant}",
      "{last|instant_ms}",
      "{last|epoch_ms}",
      "{last|epoch}.999999",
    ]
  ) {
    assertEquals(notesOn(end), [], end);
  }
  assertEquals(notesOn("{last|instant}", "date"), []);
});
