// The modules of lib/ are documented, and the examples in their comments run. `deno doc --lint` finds nothing
// in them, except in those whose types are inferred from, or made of, types of packages, which it takes for
// undocumented ones.
import { assertEquals, assertMatch } from "@std/assert";
import { REPOSITORY } from "./support/repository.ts";
import { sourceFiles } from "./support/source_files.ts";

/** Types of zod, pg and Hono stand in their signatures; writing them out would say them a second time. */
const TYPES_OF_PACKAGES =
  /_schema\.ts$|schema\/(issue|shape)\.ts$|postgres\/(pipelined_transaction|connection)\.ts$|\.tsx$|console\/updates\.ts$/;

Deno.test("deno doc --lint finds nothing in the modules of lib/", async () => {
  const files = sourceFiles("lib").map(({ path }) => path).filter((path) =>
    !path.startsWith("lib/std/")
  );
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", "--quiet", ...files],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1" },
    stdout: "null",
  }).output();
  const text = new TextDecoder().decode(stderr);
  const found = [...text.matchAll(/error\[[^\]]+\]: (.*)\s+--> (\S+)/g)]
    .map(([, what, where]) => ({ what, where: where!.replace(REPOSITORY, "") }))
    .filter(({ where }) => !TYPES_OF_PACKAGES.test(where.replace(/:\d+:\d+$/, "")));
  assertEquals(found, []);
});

Deno.test("the examples in the comments of lib/ run", async () => {
  const files = sourceFiles("lib").filter(({ text }) => text.includes("@example"));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--doc",
      "--no-check",
      "--permit-no-files",
      "--no-prompt",
      ...files.map(({ path }) => path),
    ],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1" },
  }).output();
  const output = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  assertEquals(code, 0, output);
  assertMatch(output, /ok \| [1-9]\d* passed/);
});
