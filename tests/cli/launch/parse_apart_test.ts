// Job files are parsed in a worker that may only read, with the same result as in this process.
import { assertEquals } from "@std/assert";
import { readJobAccess } from "../../../lib/cli/launch/job_access.ts";
import { readAccessApart, startWorker } from "../../../lib/cli/launch/parse_apart.ts";
import { tempDir } from "../../support/temp.ts";

const ATTEMPTS = `const attempts = {
  read: () => Deno.readTextFileSync(${JSON.stringify(import.meta.filename)}),
  run: () => new Deno.Command("true").outputSync(),
  write: () => Deno.writeTextFileSync("stolen", "x"),
  env: () => Deno.env.get("DATABASE_URL"),
  net: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
  ffi: () => Deno.dlopen("libc.so.6", {}),
};
self.postMessage(Object.entries(attempts).map(([name, attempt]) => {
  try {
    attempt();
    return name + ": done";
  } catch (error) {
    return name + ": " + error.name;
  }
}));`;

Deno.test("the worker that parses job files may read, and nothing else", async () => {
  await using dir = tempDir();
  Deno.writeTextFileSync(dir.file("attempts.js"), ATTEMPTS);
  const worker = startWorker(`file://${dir.file("attempts.js")}`);
  const results = await new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
  worker.terminate();
  assertEquals(results, [
    "read: done",
    "run: NotCapable",
    "write: NotCapable",
    "env: NotCapable",
    "net: NotCapable",
    "ffi: NotCapable",
  ]);
});

Deno.test("readAccessApart() finds what readJobAccess() finds", async () => {
  const fromFiles = new Set(["RACING_API_PASSWORD"]);
  const env = { RACING_API_USERNAME: "me", RACING_API_PASSWORD: "secret" };
  for (const file of ["config/racing.yaml", "config/none.yaml"]) {
    for (const withHosts of [true, false]) {
      assertEquals(
        await readAccessApart({ file, withHosts, env, fromFiles }),
        await readJobAccess(file, withHosts, env, fromFiles),
        file,
      );
    }
  }
});

Deno.test("readAccessApart() grants nothing for a file that cannot be parsed", async () => {
  await using dir = tempDir();
  const file = dir.file("job.yaml");
  Deno.writeTextFileSync(file, `source: [${"[".repeat(200_000)}`);
  const question = { file, withHosts: true, env: {}, fromFiles: new Set<string>() };
  const { hosts, variables } = await readAccessApart(question);
  assertEquals([hosts, variables], [[], []]);
});
