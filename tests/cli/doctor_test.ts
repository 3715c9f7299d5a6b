import { assertEquals, assertStringIncludes } from "@std/assert";
import { openSite } from "../faults/site.ts";
import { thingsApi, thingsJob } from "./things.ts";

Deno.test("deno task doctor finds no problem, sends one request and leaves nothing behind", async () => {
  const asked: string[] = [];
  await using api = thingsApi(asked);
  await using site = await openSite(thingsJob(api.url), { env: { TINY_TOKEN: "secret-token" } });
  const { code, stdout, stderr } = await site.run("doctor");
  assertEquals([code, stderr, asked], [0, "", ["/kinds"]]);
  const names = stdout.split("\n").filter((line) => line.startsWith("ok")).map((line) =>
    line.split(/ +/)[1]
  );
  assertEquals(names, [
    ...["deno", "permissions", "job", "credentials", "sent", "api", "clock"],
    ...["database", "rights", "stamp", "checkpoint", "logs", "files"],
  ]);
  assertEquals([...Deno.readDirSync(site.logs)], []);
  const config = `--config ${site.file("job.yaml")}`;
  assertStringIncludes(stdout, `next   deno task backfill ${config} --check-status`);
});

Deno.test("deno task doctor says what to do about each problem, without secrets", async () => {
  await using site = await openSite(thingsJob("http://127.0.0.1:1"), {
    database: { url: "postgres://someone:pa55word@127.0.0.1:1/none" },
    env: { TINY_TOKEN: "secret-token", BACKFILL_LOGS: "/proc/logs", BACKFILL_KV: "/proc/kv.db" },
  });
  const { code, stdout, stderr } = await site.run("doctor", ["--json"]);
  assertEquals([code, stderr], [1, ""]);
  const { ok, items } = JSON.parse(stdout);
  assertEquals(ok, false);
  const problems = items.filter((item: { ok: boolean }) => !item.ok);
  assertEquals(problems.map((item: { name: string }) => item.name), [
    ...["api", "database", "checkpoint", "logs"],
  ]);
  for (const problem of problems) assertEquals(typeof problem.do, "string");
  assertEquals(/secret-token|pa55word/.test(stdout), false);
});

Deno.test("deno task doctor continues when the job file has problems", async () => {
  await using site = await openSite("job: tiny\nsorce: x\n");
  const { code, stdout } = await site.run("doctor");
  assertEquals(code, 1);
  assertStringIncludes(stdout, "problem  job");
  assertStringIncludes(stdout, "do: deno task check");
  assertStringIncludes(stdout, "ok       database");
});
