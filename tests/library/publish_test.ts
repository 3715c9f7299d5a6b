// The package that JSR would take: no types that it cannot read, and what programs import, no commands.
import { assert, assertEquals } from "@std/assert";
import { REPOSITORY } from "../support/repository.ts";

Deno.test("JSR accepts the package unchanged, with the library and without the commands", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, 0, text);
  const files = [...text.matchAll(/file:\/\/(\S+)/g)].map(([, path]) =>
    path!.slice(REPOSITORY.length)
  );
  for (const file of ["mod.ts", "deploy.ts", "deno.json", "LICENSE", "lib/run_job.ts"]) {
    assert(files.includes(file), `${file} is missing`);
  }
  const own = /^(mod|deploy)\.ts$|^lib\/|^(deno\.json|LICENSE|README\.md)$/;
  const commands = /^lib\/(sandbox|cli\/(commands|launch))\//;
  assertEquals(files.filter((file) => !own.test(file) || commands.test(file)), []);
});
