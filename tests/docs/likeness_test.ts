// The comparison of shown and printed: what it forgives, and what it does not.
import { assert } from "@std/assert";
import { isLike } from "./likeness.ts";

const DONE = "done: 3 of 3 windows, 3 requests, 5.6 s";
const CARD = "  racecards    2025-10-13    1 page    22 records    1,838 rows    0 new    0.2 s";
const RESULT = "  results      2025-10-13    1 page    22 records    2,000 rows    1.9 s";

Deno.test("isLike() tolerates other ids, times, durations, databases and orders of windows", () => {
  const shown = ["run 20251013T120102Z-3f9a: into pglite:./data/db", CARD, RESULT, DONE];
  const printed = [
    "run 20261123T184228Z-aff8: into postgres://hindcast@127.0.0.1:4711/test_1",
    RESULT.replace("1.9 s", "77 new    3 changed    4 min 2 s"),
    CARD.replace("0.2 s", "9.9 s"),
    DONE.replace("5.6 s", "2.1 s"),
    "",
  ];
  assert(isLike(shown, printed, false));
});

Deno.test("isLike() detects other figures, other words, and missing or additional lines", () => {
  const shown = [CARD, DONE];
  assert(isLike(shown, [CARD, DONE], false));
  assert(!isLike(shown, [CARD.replace("1,838", "1,837"), DONE], false));
  assert(!isLike(shown, [CARD, DONE.replace("done", "failed")], false));
  assert(!isLike(shown, [CARD], false));
  assert(!isLike(shown, [CARD, DONE, "next   deno task verify"], false));
  assert(!isLike([], [DONE], false));
  assert(!isLike(["at http://127.0.0.1:8787/"], ["at http://127.0.0.1:8000/"], false));
});

Deno.test("isLike() accepts any lines for ..., and nothing else", () => {
  assert(isLike(["a", "...", "z"], ["a", "b", "c", "z"], false));
  assert(isLike(["a", "..."], ["a"], false));
  assert(!isLike(["a", "...", "z"], ["a", "b"], false));
});

Deno.test("isLike() compares kinds of lines where figures are random", () => {
  const shown = ["stopping", "interrupted: 2 of 8 windows, 3 requests, 1.3 s"];
  assert(isLike(shown, ["stopping", "interrupted: 5 of 8 windows, 7 requests, 2 s"], true));
  assert(!isLike(shown, ["stopping", "done: 8 of 8 windows, 9 requests, 2 s"], true));
  assert(!isLike(shown, shown.toReversed(), true));
});
