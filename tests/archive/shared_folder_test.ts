// Several databases share an archive and the name of a job, such as staging and production with credentials of their
// own: each reads and deletes its own responses, and is told where it uses or keeps those of another.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { openSite } from "../faults/site.ts";
import { archivingWorld, pageOf, startThings, thingsJob } from "./things_api.ts";

const DAY = "--start-date 2024-01-01 --end-date 2024-01-01";
const TWO_DAYS = "--start-date 2024-01-01 --end-date 2024-01-02";
const AGE = 401 * 86_400_000;

/** Two worlds that share a folder, and an API whose records carry the name of the account. */
async function sharedFolder() {
  const account = { name: "production", isBroken: false };
  const api = startThings((day, page) => {
    if (account.isBroken && page === 3) return new Response(null, { status: 500 });
    const { total, items } = pageOf(day, page);
    return { total, items: items.map(({ id }) => ({ id, owner: account.name })) };
  });
  const job = thingsJob(api.url).replace("{ id: text }", "{ id: text, owner: text }");
  const first = await archivingWorld(job);
  const second = await archivingWorld(job, { archive: first.archive! });
  return Object.assign(account, {
    ...{ api, first, second },
    [Symbol.asyncDispose]: async () => {
      for (const part of [second, first, api]) await part[Symbol.asyncDispose]();
    },
  });
}

const OWNERS = "SELECT DISTINCT owner FROM things ORDER BY 1";

Deno.test("--resume takes no response that another database has archived", async () => {
  await using shared = await sharedFolder();
  const { api, first, second } = shared;
  await first.backfill(DAY);
  shared.isBroken = true;
  await first.backfill("--start-date 2024-01-02 --end-date 2024-01-02");
  Object.assign(shared, { name: "staging", isBroken: false });
  api.take();
  assertEquals((await second.backfill(`${TWO_DAYS} --resume`)).error, undefined);
  assertEquals(await second.query(OWNERS), [{ owner: "staging" }]);
  assertEquals(api.take().length, 6);
});

Deno.test("--from-archive prefers the responses of its own database, and reports those of others", async () => {
  await using shared = await sharedFolder();
  const { api, first, second } = shared;
  await first.backfill(DAY);
  shared.name = "staging";
  second.nowMs += 60_000;
  await second.backfill(TWO_DAYS);
  api.take();
  const alone = await first.backfill(`${DAY} --from-archive`);
  assertEquals([alone.error, alone.events.filter(({ kind }) => kind === "warning")], [
    undefined,
    [],
  ]);
  assertEquals(await first.query(OWNERS), [{ owner: "production" }]);

  const { error, events } = await first.backfill(`${TWO_DAYS} --from-archive`);
  assertEquals(error, undefined);
  const warnings = events.flatMap((event) => event.kind === "warning" ? event.message : []);
  assertEquals(warnings, ["1 window was read from responses that another database archived"]);
  assertEquals(await first.query(`SELECT owner, count(*)::int FROM things GROUP BY 1 ORDER BY 1`), [
    { owner: "production", count: 5 },
    { owner: "staging", count: 5 },
  ]);
  assertEquals(api.take(), []);
});

Deno.test("keep deletes only the files that its own database has archived, and reports the others", async () => {
  await using shared = await sharedFolder();
  const { first, second } = shared;
  await first.backfill(DAY);
  const files = () => [...Deno.readDirSync(first.archive!)].map(({ name }) => name).sort();
  const [production] = files();
  const old = new Date(first.nowMs - AGE);
  await Deno.utime(`${first.archive}/${production}`, old, old);
  Object.assign(second, { job: { ...second.job, archive: { path: "x", keep: AGE - 1_000 } } });
  second.nowMs += 60_000;
  const { events } = await second.backfill(DAY);
  const warnings = events.flatMap((event) => event.kind === "warning" ? event : []);
  assertEquals(warnings.map(({ message }) => message), [
    "1 file of the archive is older than its retention period, but another database archived it",
  ]);
  assertStringIncludes(warnings[0]!.hint!, "deno task archive prune --all");
  assertEquals(files().length, 2);
  assertEquals(files()[0], production);

  Object.assign(first, { job: second.job });
  first.nowMs += 120_000;
  await first.backfill(DAY);
  assertEquals(files().includes(production!), false);
});

Deno.test("archive prune keeps the files of another database unless --all is given", async () => {
  await using api = startThings();
  await using site = await openSite(thingsJob(api.url));
  await using other = await openSite(thingsJob(api.url));
  const env = { BACKFILL_ARCHIVE: site.file("archive") };
  const args = ["--start-date", "2024-01-01", "--end-date", "2024-01-01"];
  assertEquals((await site.run("backfill", args, { env })).code, 0);
  const [file] = [...Deno.readDirSync(env.BACKFILL_ARCHIVE)];
  await Deno.utime(`${env.BACKFILL_ARCHIVE}/${file!.name}`, new Date(2020, 1), new Date(2020, 1));
  const prune = async (...more: string[]) =>
    JSON.parse((await other.run("archive", ["prune", "--json", ...more], { env })).stdout);
  assertEquals((await prune("--keep", "400d")).kept, [file!.name]);
  const shown = await other.run("archive", ["prune", "--keep", "400d"], { env });
  assertEquals(shown.code, 0);
  assertStringIncludes(shown.stdout, "that another database archived; --all deletes them too");
  assertEquals((await prune("--keep", "400d", "--all")).files, [file!.name]);
  assertEquals([...Deno.readDirSync(env.BACKFILL_ARCHIVE)], []);
});
