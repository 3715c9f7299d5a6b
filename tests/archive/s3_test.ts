// An archive in a bucket: objects are uploaded before the ledger commits, and read back as those of a folder.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openStore } from "../../lib/archive/store/open_store.ts";
import { monotonicClock } from "../../lib/fetch/rate/clock.ts";
import { Failure } from "../../lib/failure.ts";
import { flagsOf } from "../../lib/cli/launch/needs.ts";
import { openSite } from "../faults/site.ts";
import { archivingWorld, startThings, thingsJob } from "./things_api.ts";
import { S3_ENV, startS3 } from "./s3_server.ts";

const RANGE = "--start-date 2024-01-01 --end-date 2024-01-04";
const ARCHIVE = "s3://my-bucket/hind cast/a";

Deno.test("a run archives to a bucket, and another database gets its rows from there", async () => {
  await using api = startThings();
  await using s3 = startS3();
  const env = { ...S3_ENV, AWS_ENDPOINT_URL: s3.url };
  await using world = await archivingWorld(thingsJob(api.url), { archive: ARCHIVE, env });
  const { error } = await world.backfill(RANGE);
  assertEquals(error, undefined);
  assert(s3.objects.size > 0, `${s3.objects.size} objects`);
  for (const name of s3.objects.keys()) {
    assert(/^my-bucket\/hind cast\/a\/things-/.test(name), name);
  }
  assertEquals(api.take().length, 12);

  await using other = await archivingWorld(thingsJob(api.url), { archive: ARCHIVE, env });
  assertEquals((await other.backfill(`${RANGE} --from-archive`)).error, undefined);
  assertEquals(api.take(), []);
  const rows = "SELECT id FROM things ORDER BY id";
  assertEquals(await other.query(rows), await world.query(rows));
});

Deno.test("what a bucket refuses is not committed", async () => {
  await using api = startThings();
  await using s3 = startS3();
  const env = { ...S3_ENV, AWS_ENDPOINT_URL: s3.url };
  await using world = await archivingWorld(thingsJob(api.url), { archive: ARCHIVE, env });
  let uploads = 0;
  s3.intercept = (request) =>
    request.startsWith("PUT") && ++uploads > 2
      ? new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 })
      : undefined;
  const { error } = await world.backfill(RANGE);
  assertStringIncludes(
    (error as Error).message,
    "responded with status 403 (AccessDenied)",
  );
  assertEquals(s3.objects.size, 2);
  const [{ pages, kept }] = await world.query(
    `SELECT coalesce((SELECT sum(pages) FROM hindcast_windows), 0)::int AS pages,
       (SELECT count(*) FROM hindcast_archive)::int AS kept`,
  ) as [{ pages: number; kept: number }];
  assert(pages <= kept && kept < 12, `${pages} pages, ${kept} kept`);

  s3.intercept = () => undefined;
  assertEquals((await world.backfill(`${RANGE} --resume`)).error, undefined);
  assertEquals(await world.query("SELECT count(*)::int AS rows FROM things"), [{ rows: 20 }]);
});

Deno.test("an upload whose response was lost is repeated, and never replaces another object", async () => {
  await using s3 = startS3();
  const env = (name: string) => ({ ...S3_ENV, AWS_ENDPOINT_URL: s3.url })[name];
  const dependencies = { env, clock: monotonicClock(), wallNow: Date.now, random: () => 0 };
  using store = openStore(ARCHIVE, dependencies);
  const upload = async (text: string) => {
    const file = (await store.create("things-20240101T000000Z-00001-0001.warc.gz"))!;
    await file.append(new TextEncoder().encode(text));
    await file.sync();
  };
  await upload("one");
  await upload("one");
  const refused = await upload("two").catch((error) => error.message);
  assertStringIncludes(refused, "there is another object");
  using file = await store.open("things-20240101T000000Z-00001-0001.warc.gz");
  assertEquals(new TextDecoder().decode(file.read(0, 10)), "one");
});

Deno.test("pages are fetched while an upload takes long", async () => {
  await using s3 = startS3();
  const fetched = Promise.withResolvers<void>();
  await using api = startThings(() => void (api.asked.length === 9 && fetched.resolve()));
  s3.intercept = async (request) => {
    const { promise, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => resolve("late"), 20_000);
    const first = request.startsWith("PUT") && await Promise.race([fetched.promise, promise]);
    clearTimeout(timer);
    return first === "late" ? new Response(null, { status: 403 }) : undefined;
  };
  const env = { ...S3_ENV, AWS_ENDPOINT_URL: s3.url };
  await using world = await archivingWorld(thingsJob(api.url), { archive: ARCHIVE, env });
  assertEquals((await world.backfill(RANGE)).error, undefined);
});

Deno.test("a bucket that cannot be read is named, with what to check", async () => {
  await using api = startThings();
  await using s3 = startS3();
  const env = { ...S3_ENV, AWS_ENDPOINT_URL: s3.url, AWS_SECRET_ACCESS_KEY: "another" };
  await using world = await archivingWorld(thingsJob(api.url), { archive: ARCHIVE, env });
  const error = await world.backfill(`${RANGE} --resume`).then(
    ({ error }) => error,
    (error) => error,
  );
  assert(error instanceof Failure);
  assertStringIncludes(error.message, `Cannot read the archive ${ARCHIVE}: `);
  assertStringIncludes(error.message, "responded with status 403 (SignatureDoesNotMatch)");
  assertEquals(api.take(), []);
});

Deno.test("an upload waits while the bucket is away, or is still writing an earlier attempt", async () => {
  await using s3 = startS3();
  const env = (name: string) => ({ ...S3_ENV, AWS_ENDPOINT_URL: s3.url })[name];
  const dependencies = { env, clock: monotonicClock(), wallNow: Date.now, random: () => 0 };
  using store = openStore(ARCHIVE, dependencies);
  const refusals = [...Array<number>(8).fill(503), 409];
  s3.intercept = () => {
    const status = refusals.shift();
    return status === undefined ? undefined : new Response(null, { status });
  };
  const file = (await store.create("things-20240101T000000Z-00001-0001.warc.gz"))!;
  await file.append(new TextEncoder().encode("one"));
  await file.sync();
  assertEquals([s3.objects.size, s3.requests.length], [1, 10]);
});

Deno.test("the listing of a bucket is read page by page", async () => {
  await using s3 = startS3();
  const env = (name: string) => ({ ...S3_ENV, AWS_ENDPOINT_URL: s3.url })[name];
  const dependencies = { env, clock: monotonicClock(), wallNow: Date.now, random: () => 0 };
  using store = openStore("s3://my-bucket", dependencies);
  const names = [1, 2, 3, 4, 5, 6, 7].map((at) => `a-20240101T000000Z-00001-000${at}.warc.gz`);
  for (const name of [...names, "readme.txt"]) {
    s3.objects.set(`my-bucket/${name}`, new Uint8Array(5));
  }
  assertEquals((await store.list()).map(({ name, size }) => `${name} ${size}`), [
    ...names.map((name) => `${name} 5`),
  ]);
  await store.remove(names[0]!);
  assertEquals((await store.list()).length, 6);
});

Deno.test("a command with an archive in a bucket may reach that bucket alone", async () => {
  await using api = startThings();
  await using s3 = startS3();
  await using site = await openSite(thingsJob(api.url));
  const env = { ...S3_ENV, AWS_ENDPOINT_URL: s3.url, BACKFILL_ARCHIVE: "s3://my-bucket" };
  const args = ["--start-date", "2024-01-01", "--end-date", "2024-01-01"];
  const { code, stderr } = await site.run("backfill", args, { env });
  assertEquals([code, stderr], [0, ""]);
  assert(s3.objects.size > 0);
  const file = site.file("job.yaml");
  const flags = await flagsOf("backfill", ["--config", file], { BACKFILL_ARCHIVE: "s3://b-1/x" });
  assertStringIncludes(
    flags.find((flag) => flag.startsWith("--allow-net="))!,
    "b-1.s3.us-east-1.amazonaws.com:443",
  );
});
