// The command `console` as a user starts it: where it listens, and with which permissions.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { openSite } from "../faults/site.ts";
import { flagsOf } from "../../lib/cli/launch/needs.ts";
import { serve } from "../support/http_server.ts";
import { thingsApi, thingsJob } from "./things.ts";

/** A port that is free now. */
function freePort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return String(listener.addr.port);
}

const DATES = ["--start-date", "2025-10-01", "--end-date", "2025-10-03"];

Deno.test("deno task console serves the page before, during and after the first run", async () => {
  await using api = thingsApi();
  const env = { TINY_TOKEN: "secret-token", HINDCAST_CONSOLE_PORT: freePort() };
  await using site = await openSite(thingsJob(api.url), { env });
  await using running = site.spawn("console");
  await running.printed("console of tiny at ");
  const address = /http:\S+/.exec(running.output.stdout)![0];
  assertStringIncludes(await (await fetch(address)).text(), "No run has fetched anything yet.");
  assertEquals((await site.run("backfill", DATES)).code, 0);
  assertEquals((await site.run("verify")).code, 0);
  let page = "";
  while (!page.includes("2025-10-01 to 2025-10-03 · all 3 days done · 6 records")) {
    page = await (await fetch(address)).text();
  }
  assertStringIncludes(page, "Everything is fetched up to 2025-10-03.");
  assertStringIncludes(page, "<b>counts</b> <span>Things and kinds are there</span>");
  assertEquals(page.includes("secret-token"), false);
  running.kill("SIGINT");
  assertEquals((await running.result).code, 130);
});

Deno.test("deno task console --allow-actions fetches a failed window again", async () => {
  let isBroken = true;
  await using api = thingsApi([], (day) => isBroken && day === "2025-10-02");
  const env = { TINY_TOKEN: "secret-token", HINDCAST_CONSOLE_PORT: freePort() };
  await using site = await openSite(thingsJob(api.url), { env });
  assertEquals((await site.run("backfill", DATES)).code, 1);
  isBroken = false;
  await using running = site.spawn("console", ["--allow-actions"]);
  await running.printed("console of tiny at ");
  const address = /http:\S+/.exec(running.output.stdout)![0];
  const page = await (await fetch(address)).text();
  const value = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)![1]!;
  const body = new URLSearchParams({
    token: value("token"),
    entry: value("entry").replaceAll("&quot;", '"'),
  });
  const response = await fetch(`${address}retry`, { method: "POST", body, redirect: "manual" });
  await response.body?.cancel();
  assertEquals(response.status, 303);
  await running.printed("done: 1 of 1 window");
  assertEquals((await site.rows()).things!.length, 6);
  const { stdout } = await site.run("backfill", ["--resume", "--dry-run"]);
  assertStringIncludes(stdout, "2025-10-01 .. 2025-10-03", "--resume continues the backfill");
});

Deno.test("deno task backfill --console serves the run of an embedded database until its end", async () => {
  const held = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await using api = serve(async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const day = searchParams.get("day");
    if (pathname === "/kinds") return Response.json([{ id: "a" }]);
    if (day === "2025-10-03") asked.resolve();
    if (day === "2025-10-03") await held.promise;
    return Response.json([{ id: day, day, kind: "a" }]);
  });
  const env = { TINY_TOKEN: "secret-token", HINDCAST_CONSOLE_PORT: freePort() };
  await using site = await openSite(thingsJob(api.url), { database: "new pglite", env });
  await using running = site.spawn("backfill", ["--console", ...DATES]);
  await running.printed("console of tiny at ");
  const address = /http:\S+/.exec(running.output.stdout)![0];
  const events = await fetch(`${address}events`);
  await asked.promise;
  await running.printed("  things");
  let page = "";
  while (!page.includes(">running</strong>")) page = await (await fetch(address)).text();
  assertStringIncludes(page, "Run in progress");
  held.resolve();
  const sent = (await events.text()).trim().split("\n\n").map((event) =>
    JSON.parse(event.slice("data: ".length)).changed as { id: string; html: string }[]
  );
  assertStringIncludes(sent.at(-1)!.find(({ id }) => id === "run")!.html, "100 %");
  assertEquals((await running.result).code, 0);
});

Deno.test("deno task console listens to other machines only with a password", async () => {
  await using site = await openSite(thingsJob("http://127.0.0.1:1"));
  const { code, stderr } = await site.run("console", ["--hostname", "0.0.0.0"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "other machines reach it, and no password is set");
  assertStringIncludes(stderr, "hint: Set HINDCAST_CONSOLE_PASSWORD");
});

Deno.test("deno task console has only the permissions that it needs", async () => {
  await using site = await openSite(thingsJob("https://api.example.org"));
  const env = { DATABASE_URL: "postgres://u@db.example:5432/d", BACKFILL_KV: site.kvPath };
  const net = async (...args: string[]) => {
    const flags = await flagsOf("console", ["--config", site.file("job.yaml"), ...args], env);
    return flags.find((flag) => flag.startsWith("--allow-net"));
  };
  assertEquals(await net(), "--allow-net=db.example:5432,127.0.0.1:8001");
  assertEquals(
    await net("--port=9000", "--hostname", "::1"),
    "--allow-net=db.example:5432,[::1]:9000",
  );
  assertEquals(
    (await flagsOf("backfill", ["--config", site.file("job.yaml"), "--console"], env))
      .find((flag) => flag.startsWith("--allow-net")),
    "--allow-net=api.example.org:443,db.example:5432,127.0.0.1:8001",
  );
  assertEquals(
    await net("--allow-actions"),
    "--allow-net=api.example.org:443,db.example:5432,127.0.0.1:8001",
  );
});
