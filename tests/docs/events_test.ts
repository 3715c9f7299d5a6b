// The table of events in docs/api.md is complete: each kind of `RunEvent` with all of its fields.
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { REPOSITORY } from "../support/repository.ts";
import { codeSpans, readPage, section } from "./pages.ts";

Deno.test("docs/api.md names every event and what it contains", () => {
  const source = Deno.readTextFileSync(join(REPOSITORY, "lib/report/event.ts"));
  const union = source.slice(source.indexOf("export type RunEvent"), source.indexOf("Listener ="))
    .replace(/\/\*\*[^]*?\*\//g, "");
  const declared = [...union.matchAll(/\| \{\s*kind: "(\w+)";([^}]*)\}/g)].map((
    [, kind, fields],
  ) => [
    kind,
    [...fields!.matchAll(/(\w+)\??: /g)].map(([, name]) => name).sort(),
  ]);
  const documented = section(readPage("docs/api.md"), "## Events").split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|"))
    .map(([, kind, , fields]) => [codeSpans(kind!)[0], fieldsOf(fields!)]);
  assertEquals(documented.toSorted(), declared.toSorted());
});

/** The fields that a cell names; names of types do not count. */
function fieldsOf(cell: string): string[] {
  return codeSpans(cell).filter((name) => /^[a-z]/.test(name)).sort();
}
