import { assertEquals } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { daysBetween, recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const HEADER = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE," +
  "OBS_STATUS,OBS_CONF,TITLE";

/** Working days only; a title with a comma in quotes; one day without a value. */
function serveRates(nothing: () => Response) {
  return recorded((url) => {
    const key = /^\/service\/data\/EXR\/D\.([A-Z+]+)\.EUR\.SP00\.A$/.exec(url.pathname)?.[1];
    const { searchParams: params } = url;
    if (key === undefined || params.get("format") !== "csvdata") return undefined;
    if (unknownParams(url, ["startPeriod", "endPeriod", "format"]).length > 0) return undefined;
    const days = daysBetween(params.get("startPeriod")!, params.get("endPeriod")!)
      .filter((day) => new Date(day).getUTCDay() % 6 !== 0);
    if (days.length === 0) return nothing();
    const lines = key.split("+").flatMap((currency) =>
      days.map((day) => {
        const isMissing = day === "2024-12-25";
        const cells = [
          ...[`EXR.D.${currency}.EUR.SP00.A`, "D", currency, "EUR", "SP00", "A", day],
          ...[isMissing ? "" : rateOf(currency, day), isMissing ? "H" : "A", "F"],
          `"${currency}/Euro, ""reference"" rate"`,
        ];
        return cells.join(",");
      })
    );
    return new Response([HEADER, ...lines, ""].join("\r\n"), {
      headers: { "content-type": "text/csv" },
    });
  });
}

function rateOf(currency: string, day: string): string {
  return `${currency.charCodeAt(0)}.${day.slice(5, 7)}${day.slice(8)}0`;
}

Deno.test("ecb_rates reads CSV, a year at a time, for several currencies in one path", async () => {
  await using server = serveRates(() => new Response(null, { status: 404 }));
  const env = { ECB_URL: `${server.url}/service` };
  await using world = await openWorld({ job: "ecb_rates.yaml", env });
  const ran = await world.backfill(
    "--start-date 2023-12-29 --end-date 2025-01-05 --currencies USD GBP",
  );
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertForecast(ran, server.asked.length);
  assertEquals(
    server.asked.map(({ searchParams: p }) => [p.get("startPeriod"), p.get("endPeriod")]),
    [
      ["2023-12-29", "2023-12-31"],
      ["2024-01-01", "2024-12-31"],
      ["2025-01-01", "2025-01-05"],
    ],
  );
  assertEquals(server.asked[0]?.pathname, "/service/data/EXR/D.USD+GBP.EUR.SP00.A");
  const rows = await world.query(
    "SELECT *, rate::text AS text FROM euro_rates ORDER BY currency, day",
  );
  const days = daysBetween("2023-12-29", "2025-01-05")
    .filter((day) => new Date(day).getUTCDay() % 6 !== 0);
  assertEquals(rows.length, 2 * days.length);
  for (const [at, row] of rows.entries()) {
    const [currency, day] = [at < days.length ? "GBP" : "USD", days[at % days.length]!];
    const isMissing = day === "2024-12-25";
    assertEquals(
      [row.currency, row.day, row.text, row.status, row.title],
      [
        ...[currency, day, isMissing ? null : rateOf(currency, day), isMissing ? "H" : "A"],
        `${currency}/Euro, "reference" rate`,
      ],
    );
  }
});

for (
  const [what, nothing] of [
    ["404", () => new Response("No results found.", { status: 404 })],
    ["an empty text", () => new Response("", { headers: { "content-type": "text/csv" } })],
  ] as const
) {
  Deno.test(`ecb_rates treats ${what} as days without rates`, async () => {
    await using server = serveRates(nothing);
    const env = { ECB_URL: `${server.url}/service` };
    await using world = await openWorld({ job: "ecb_rates.yaml", env });
    const { summary } = await world.backfill("--start-date 2025-10-18 --end-date 2025-10-19");
    assertEquals([summary.ok, summary.rows], [true, {}]);
    assertEquals((await world.knows("euro_rates")).empty, [["2025-10-18", "2025-10-19"]]);
  });
}
