import { assertEquals, assertStringIncludes } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { recorded } from "./recorded.ts";
import { openWorld } from "./world.ts";

const FIRST = Date.parse("2024-01-01T00:00Z");
/** 20 orders a day for 30 days, with up to three lines. */
const ORDERS = Array.from({ length: 600 }, (_, at) => ({
  legacyResourceId: String(5_000_000_000_000 + at),
  name: `#${1001 + at}`,
  createdAt: "2024-01-01T00:00:00Z",
  updatedAt: new Date(FIRST + at * 4_320_000).toISOString().replace(".000Z", "Z"),
  ...{ displayFinancialStatus: "PAID", currencyCode: "EUR", tags: ["web"] },
  totalPriceSet: { shopMoney: { amount: `${at}.90` } },
  customer: at % 4 === 0 ? null : { legacyResourceId: String(at % 50) },
  lineItems: {
    pageInfo: { hasNextPage: false },
    nodes: Array.from({ length: at % 4 }, (_, line) => ({
      id: `gid://shopify/LineItem/${at * 10 + line}`,
      ...{ title: "Shirt", sku: `S-${line}`, quantity: 1 + line, product: null, variant: null },
      originalUnitPriceSet: { shopMoney: { amount: "12.50" } },
    })),
  },
}));

/** Throttles every tenth request, with status 200, as the API does. */
function serveShopify(orders = ORDERS) {
  let requests = 0;
  let throttled = 0;
  const server = recorded(async ({ pathname }, request) => {
    if (pathname !== "/admin/api/2025-10/graphql.json") return;
    assertEquals(request.headers.get("x-shopify-access-token"), "shpat_1");
    const { query, variables } = await request.json();
    assertStringIncludes(query, "orders(first: $first, after: $after, query: $query");
    if (++requests % 10 === 0) {
      throttled++;
      const errors = [{ message: "Throttled", extensions: { code: "THROTTLED" } }];
      return Response.json({ errors, extensions: { cost: { requestedQueryCost: 100 } } });
    }
    const [, from, to] = /^updated_at:>='(\S+)' AND updated_at:<'(\S+)'$/.exec(variables.query)!;
    const found = orders.filter(({ updatedAt }) => updatedAt >= from! && updatedAt < to!);
    const at = variables.after === undefined ? 0 : Number(variables.after);
    const nodes = found.slice(at, at + variables.first);
    const next = at + nodes.length;
    const pageInfo = {
      hasNextPage: next < found.length,
      endCursor: nodes.length === 0 ? null : String(next),
    };
    return Response.json({ data: { orders: { pageInfo, nodes } } });
  });
  return Object.assign(server, { throttled: () => throttled });
}

const env = (url: string) => ({ SHOPIFY_URL: url, SHOPIFY_TOKEN: "shpat_1" });

Deno.test("shopify_orders pages through GraphQL, waits where it is throttled, and stores lines", async () => {
  await using server = serveShopify();
  await using world = await openWorld({
    job: "shopify_orders.yaml",
    env: env(server.url),
    change: (job) => {
      const orders = job.streams.orders!;
      const error = orders.error!.map((condition) => ({
        ...condition,
        ...condition.wait === undefined ? {} : { wait: "0s" },
      }));
      return { ...job, streams: { orders: { ...orders, error } } };
    },
  });
  const ran = await world.backfill("--start-date 2024-01-01 --end-date 2024-01-30");
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertEquals(
    await world.query(
      `SELECT id::text, name, updated_at AS at, total::text, customer_id::text AS customer, tags,
              (SELECT json_agg(json_build_array(l.id, sku, quantity, unit_price::text) ORDER BY l.id)
                 FROM order_lines l WHERE order_id = o.id) AS lines FROM orders o ORDER BY o.id`,
    ),
    ORDERS.map((order, at) => ({
      ...{ id: order.legacyResourceId, name: order.name, at: order.updatedAt, total: `${at}.90` },
      ...{ customer: order.customer?.legacyResourceId ?? null, tags: ["web"] },
      lines: at % 4 === 0 ? null : order.lineItems.nodes.map(({ sku, quantity }, line) => [
        ...[at * 10 + line, sku, quantity, "12.50"],
      ]),
    })),
  );
  assertForecast(ran, server.asked.length - server.throttled());
});

Deno.test("shopify_orders fails a window that contains an order with missing lines", async () => {
  const [order] = ORDERS;
  const lineItems = { ...order!.lineItems, pageInfo: { hasNextPage: true } };
  await using server = serveShopify([order!, { ...order!, legacyResourceId: "7", lineItems }]);
  await using world = await openWorld({ job: "shopify_orders.yaml", env: env(server.url) });
  const { summary, events } = await world.backfill(
    "--start-date 2024-01-01 --end-date 2024-01-01",
  );
  assertEquals([summary.ok, summary.rows], [false, {}]);
  assertStringIncludes(JSON.stringify(events), "lineItems.pageInfo.hasNextPage");
});
