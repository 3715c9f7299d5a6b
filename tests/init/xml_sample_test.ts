// Jobs that `init` writes from XML samples in the manner of real APIs: each loads what its API returns, twice
// without a difference, and the rows are those that a careful reader of the document would write down.
import { assert, assertEquals } from "@std/assert";
import { draftOfAnswers } from "../../lib/init/job_draft.ts";
import { readSample } from "../../lib/init/read_sample.ts";
import { writeJob } from "../../lib/init/write_job.ts";
import { recorded } from "../jobs/recorded.ts";
import { openWorld } from "../jobs/world.ts";

/** A document, and the rows of its tables. */
interface Manner {
  readonly sample: string;
  readonly key: Readonly<Record<string, string | string[]>>;
  readonly recordDate?: string | { path: string; format: string };
  readonly rows: Readonly<Record<string, readonly Record<string, unknown>[]>>;
}

const MANNERS: Readonly<Record<string, Manner>> = {
  rss: {
    sample: `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Alerts</title><link>https://alerts.example.com/</link>
<atom:link href="https://alerts.example.com/rss" rel="self" type="application/rss+xml"/>
<item><title>Flood</title><link>https://alerts.example.com/1</link><guid isPermaLink="false">a-1</guid>
<pubDate>Mon, 06 Jan 2025 14:00:00 GMT</pubDate><dc:creator>Ann</dc:creator><category>flood</category><category>north</category><description><![CDATA[<p>Rising</p>]]></description></item>
<item><title>Storm</title><link>https://alerts.example.com/2</link><guid isPermaLink="false">a-2</guid>
<pubDate>Tue, 07 Jan 2025 02:30:00 GMT</pubDate><category>storm</category><description/></item>
</channel></rss>`,
    key: { rss: "guid" },
    recordDate: { path: "pubDate", format: "%a, %d %b %Y %H:%M:%S %Z" },
    rows: {
      rss: [
        {
          ...{ guid: "a-1", title: "Flood", pub_date: "2025-01-06T14:00:00Z", dc_creator: "Ann" },
          ...{ category: ["flood", "north"], description: "<p>Rising</p>" },
        },
        {
          ...{ guid: "a-2", title: "Storm", pub_date: "2025-01-07T02:30:00Z", dc_creator: null },
          ...{ category: ["storm"], description: null },
        },
      ],
    },
  },
  load: {
    sample: `<GL_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0">
  <mRID>a1b2</mRID><revisionNumber>1</revisionNumber>
  <TimeSeries><mRID>1</mRID><outBiddingZone_Domain.mRID codingScheme="A01">10YBE----------2</outBiddingZone_Domain.mRID>
    <Period><timeInterval><start>2025-01-05T23:00Z</start><end>2025-01-06T02:00Z</end></timeInterval><resolution>PT60M</resolution>
      <Point><position>1</position><quantity>8123</quantity></Point><Point><position>2</position><quantity>7990.5</quantity></Point></Period>
  </TimeSeries></GL_MarketDocument>`,
    key: { load_period_point: ["load_row_hash", "time_interval_start", "position"] },
    rows: {
      load: [{ m_rid: 1, out_bidding_zone_domain_m_rid: "10YBE----------2" }],
      load_period: [{ time_interval_start: "2025-01-05T23:00:00Z", resolution: "PT60M" }],
      load_period_point: [{ position: 1, quantity: 8123 }, { position: 2, quantity: 7990.5 }],
    },
  },
  atom: {
    sample: `<feed xmlns="http://www.w3.org/2005/Atom"><title>Decisions</title><id>urn:feed</id>
 <link href="https://d.example.com/atom" rel="self"/>
 <entry><id>urn:d:1</id><title type="text">First</title><published>2025-01-06T08:00:00Z</published><author><name>Ann</name></author><link rel="alternate" href="https://d.example.com/1"/><summary>One</summary></entry>
 <entry><id>urn:d:2</id><title type="text">Second</title><published>2025-01-07T09:00:00Z</published><author><name>Bob</name></author><author><name>Cy</name></author><link rel="alternate" href="https://d.example.com/2"/><summary/></entry>
</feed>`,
    key: { atom: "id", atom_author: ["atom_id", "n"] },
    recordDate: "published",
    rows: {
      atom: [
        { id: "urn:d:1", title: "First", link_href: "https://d.example.com/1", summary: "One" },
        { id: "urn:d:2", title: "Second", link_href: "https://d.example.com/2", summary: null },
      ],
      atom_author: [{ name: "Ann" }, { name: "Bob" }, { name: "Cy" }],
    },
  },
  soap: {
    sample:
      `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Header/><soap:Body>
<ns2:GetTransactionsResponse xmlns:ns2="urn:bank"><ns2:result><code>0</code></ns2:result><ns2:transactions>
 <ns2:transaction><ns2:transactionId>77001</ns2:transactionId><ns2:date>2025-01-06</ns2:date><ns2:amount currency="EUR">12.50</ns2:amount><ns2:booked>true</ns2:booked><ns2:memo xsi:nil="true"/></ns2:transaction>
 <ns2:transaction><ns2:transactionId>77002</ns2:transactionId><ns2:date>2025-01-07</ns2:date><ns2:amount currency="USD">-3.00</ns2:amount><ns2:booked>false</ns2:booked><ns2:memo>Tea</ns2:memo></ns2:transaction>
</ns2:transactions></ns2:GetTransactionsResponse></soap:Body></soap:Envelope>`,
    key: { transaction: "transaction_id" },
    recordDate: "date",
    rows: {
      transaction: [
        {
          ...{ transaction_id: 77001, date: "2025-01-06", amount: 12.5, amount_currency: "EUR" },
          ...{ booked: true, memo: null },
        },
        {
          ...{ transaction_id: 77002, date: "2025-01-07", amount: -3, amount_currency: "USD" },
          ...{ booked: false, memo: "Tea" },
        },
      ],
    },
  },
  sdmx: {
    sample:
      `<message:StructureSpecificData xmlns:message="urn:m" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<message:Header><message:ID>IREF1</message:ID><message:Prepared>2025-02-01T10:00:00</message:Prepared></message:Header>
<message:DataSet xsi:type="x">
<Series FREQ="D" CURRENCY="USD"><Obs TIME_PERIOD="2025-01-06" OBS_VALUE="1.0321"/><Obs TIME_PERIOD="2025-01-07" OBS_VALUE="1.0299"/></Series>
<Series FREQ="D" CURRENCY="GBP"><Obs TIME_PERIOD="2025-01-06" OBS_VALUE="0.82788"/></Series>
</message:DataSet></message:StructureSpecificData>`,
    key: { sdmx: "row_hash", sdmx_obs: ["sdmx_row_hash", "time_period"] },
    rows: {
      sdmx: [{ currency: "GBP" }, { currency: "USD" }],
      sdmx_obs: [
        { time_period: "2025-01-06", obs_value: 0.82788 },
        { time_period: "2025-01-06", obs_value: 1.0321 },
        { time_period: "2025-01-07", obs_value: 1.0299 },
      ],
    },
  },
};

for (const [name, { sample, key, recordDate, rows }] of Object.entries(MANNERS)) {
  Deno.test(`init writes a job from a sample like ${name} that loads every value`, async () => {
    await using server = recorded(() =>
      new Response(sample, { headers: { "content-type": "text/xml; charset=utf-8" } })
    );
    const answers = {
      ...{ name, url: server.url, path: `/v1/${name}`, window: "month" },
      ...{ fromParam: "from", toParam: "to", start: "2025-01-01" },
    };
    const draft = draftOfAnswers(answers, readSample(sample, `${name}.xml`));
    await using world = await openWorld({ job: writeJob(draft, "job.schema.json", "init") });
    const { tables, streams } = world.job;
    const [stream] = Object.values(streams);
    for (const [table, columns] of Object.entries(key)) {
      assertEquals(tables[table]!.key, [columns].flat());
    }
    const written = recordDate === undefined || typeof recordDate === "string"
      ? recordDate
      : recordDate.path;
    assertEquals(stream!.record_date?.path, written === undefined ? undefined : [written]);
    for (const kind of ["inserted", "unchanged"] as const) {
      const { summary } = await world.backfill("--start-date 2025-01-01 --end-date 2025-01-31");
      assertEquals([summary.ok, summary.rejected], [true, 0]);
      for (const [table, expected] of Object.entries(rows)) {
        assertEquals(summary.rows[table]?.[kind], expected.length, `${table} ${kind}`);
      }
    }
    for (const [table, expected] of Object.entries(rows)) {
      const columns = Object.keys(expected[0]!);
      const found = await world.query(
        `SELECT ${columns.join(", ")} FROM ${table} ORDER BY ${columns.join(", ")}`,
      );
      assertEquals(found.map(plain), expected.map((row) => ({ ...row })), table);
    }
  });
}

/** Rows as a test writes them: numbers as numbers. */
function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value,
    ]),
  );
}

Deno.test("init reports that a sample is not XML where the document is cut off", () => {
  let message = "";
  try {
    readSample("<feed><entry><id>1</id>", "cut.xml");
  } catch (error) {
    message = (error as Error).message;
  }
  assert(message.includes('Cannot read the sample "cut.xml"'), message);
});
