import { assertEquals } from "@std/assert";
import { createVerify, generateKeyPairSync } from "node:crypto";
import { assertForecast } from "./forecast_of.ts";
import { daysBetween, recorded } from "./recorded.ts";
import { openWorld } from "./world.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const COUNTRIES = ["France", "Japan", "Peru"];

/** Three rows a day; none in February. */
const ROWS = daysBetween("2024-01-01", "2024-04-30").filter((day) => !day.startsWith("2024-02"))
  .flatMap((day, at) =>
    COUNTRIES.map((country, nth) => ({
      dimensionValues: [day.replaceAll("-", ""), "google", "organic", country]
        .map((value) => ({ value })),
      metricValues: [`${at + nth}`, "2", "1", "1", "9", "30.5", "0", "12.340000"]
        .map((value) => ({ value })),
    }))
  );

/** Google: a token for a signed assertion, then reports for the token. */
function serveGoogle() {
  let tokens = 0;
  const server = recorded(async ({ pathname }, request) => {
    if (pathname === "/token") {
      tokens++;
      const assertion = new URLSearchParams(await request.text()).get("assertion")!;
      const [header, claims, signature] = assertion.split(".");
      const isSigned = createVerify("sha256").update(`${header}.${claims}`)
        .verify(publicKey, signature!, "base64url");
      const { iss, scope } = JSON.parse(atob(claims!.replaceAll("-", "+").replaceAll("_", "/")));
      assertEquals([isSigned, iss], [true, "me@example.com"]);
      assertEquals(scope, "https://www.googleapis.com/auth/analytics.readonly");
      return Response.json({ access_token: "ya29", token_type: "Bearer", expires_in: 3599 });
    }
    if (pathname !== "/v1beta/properties/123456:runReport") return;
    assertEquals(request.headers.get("authorization"), "Bearer ya29");
    const { dateRanges: [{ startDate, endDate }], offset = 0, limit, dimensions, metrics } =
      await request.json();
    assertEquals([dimensions.length, metrics.length], [4, 8]);
    const [from, to] = [startDate, endDate].map((day: string) => day.replaceAll("-", ""));
    const found = ROWS.filter(({ dimensionValues: [day] }) =>
      day!.value >= from! && day!.value <= to!
    );
    const metadata = { currencyCode: "EUR", timeZone: "Europe/Paris" };
    if (found.length === 0) return Response.json({ metadata, kind: "analyticsData#runReport" });
    const rows = found.slice(Number(offset), Number(offset) + Number(limit));
    return Response.json({ rows, rowCount: found.length, metadata });
  });
  return Object.assign(server, { tokens: () => tokens });
}

Deno.test("ga4_traffic signs in as a service account, pages in the body, and accepts a month without rows", async () => {
  await using server = serveGoogle();
  const env = {
    GA4_URL: server.url,
    GA4_TOKEN_URL: `${server.url}/token`,
    GA4_ACCOUNT: "me@example.com",
    GA4_PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
  await using world = await openWorld({
    job: "ga4_traffic.yaml",
    env,
    change: (job) => {
      const traffic = job.streams.traffic!;
      const paging = { ...traffic.paging, size: 10 } as typeof traffic.paging;
      const forecast = { records_per_day: 3, rows_per_record: 1 };
      return { ...job, streams: { traffic: { ...traffic, paging, forecast } } };
    },
  });
  const ran = await world.backfill(
    "--start-date 2024-03-01 --end-date 2024-04-30 --properties 123456",
  );
  assertForecast(ran, server.asked.length - server.tokens());
  const first = await world.backfill(
    "--start-date 2024-01-01 --end-date 2024-02-29 --properties 123456",
  );
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertEquals([first.error, first.summary.ok, first.summary.rejected], [undefined, true, 0]);
  assertEquals(
    await world.query(
      `SELECT to_char(day, 'YYYYMMDD') AS day, country, sessions, engagement_seconds::text AS seconds,
              revenue::text FROM traffic ORDER BY day, country`,
    ),
    ROWS.map(({ dimensionValues: [day, , , country], metricValues: [sessions] }) => ({
      ...{ day: day!.value, country: country!.value, sessions: Number(sessions!.value) },
      ...{ seconds: "30.5", revenue: "12.340000" },
    })),
  );
});
