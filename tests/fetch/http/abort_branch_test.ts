import { assertEquals } from "@std/assert";
import { AbortBranch, Deadline } from "../../../lib/fetch/http/abort_branch.ts";

Deno.test("AbortBranch aborts with the caller's signal and its reason", () => {
  const trunk = new AbortController();
  using branch = new AbortBranch(trunk.signal);
  trunk.abort("why");
  assertEquals([branch.signal.aborted, branch.signal.reason], [true, "why"]);
  using late = new AbortBranch(trunk.signal);
  assertEquals([late.signal.aborted, late.signal.reason], [true, "why"]);
});

Deno.test("AbortBranch aborts alone", () => {
  const trunk = new AbortController();
  using branch = new AbortBranch(trunk.signal);
  branch.abort("mine");
  assertEquals([branch.signal.reason, trunk.signal.aborted], ["mine", false]);
});

Deno.test("AbortBranch removes its listener when it is disposed", () => {
  const trunk = new AbortController();
  const branch = new AbortBranch(trunk.signal);
  branch[Symbol.dispose]();
  trunk.abort();
  assertEquals(branch.signal.aborted, false);
});

Deno.test("Deadline aborts when its time is over, and not when it is disposed before", async () => {
  const trunk = new AbortController().signal;
  using short = new Deadline(1, trunk);
  await new Promise((resolve) => short.signal.addEventListener("abort", resolve));
  assertEquals([short.isOver, short.signal.reason.name], [true, "TimeoutError"]);
  const disposed = new Deadline(1, trunk);
  disposed[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals([disposed.isOver, disposed.signal.aborted], [false, false]);
});
