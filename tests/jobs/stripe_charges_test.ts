import { assertEquals } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const FIRST = Date.parse("2024-01-01T00:00Z") / 1000;
/** 110 charges a day for 30 days, the newest first; none on the tenth day. */
const CHARGES = Array.from({ length: 30 * 110 }, (_, at) => chargeAt(at))
  .filter(({ created }) => Math.floor((created - FIRST) / 86_400) !== 9)
  .reverse();

function chargeAt(at: number) {
  return {
    id: `ch_${at}`,
    object: "charge",
    created: FIRST + Math.floor(at * 86_400 / 110),
    ...{ amount: 1000 + at, amount_captured: 1000 + at, amount_refunded: at % 7 === 0 ? 500 : 0 },
    ...{ currency: at % 5 === 0 ? "jpy" : "eur", status: "succeeded", paid: true, captured: true },
    ...{ refunded: false, disputed: false, customer: at % 3 === 0 ? null : `cus_${at % 50}` },
    ...{ payment_intent: `pi_${at}`, outcome: { type: "authorized", risk_level: "normal" } },
    payment_method_details: { type: "card", card: { brand: "visa", country: "FR", last4: "4242" } },
    metadata: { order: String(at) },
  };
}

function serveStripe() {
  return recorded((url, request) => {
    const { pathname, searchParams: params } = url;
    const known = ["created[gte]", "created[lt]", "limit", "starting_after"];
    if (pathname !== "/v1/charges" || unknownParams(url, known).length > 0) return;
    if (request.headers.get("authorization") !== "Bearer rk_test") {
      return Response.json({ error: { message: "Invalid API Key provided" } }, { status: 401 });
    }
    const [from, to] = ["created[gte]", "created[lt]"].map((name) => Number(params.get(name)));
    const found = CHARGES.filter(({ created }) => created >= from! && created < to!);
    const after = params.get("starting_after");
    const at = after === null ? 0 : found.findIndex(({ id }) => id === after) + 1;
    const data = found.slice(at, at + Math.min(Number(params.get("limit") ?? 10), 100));
    const has_more = at + data.length < found.length;
    return Response.json({ object: "list", url: "/v1/charges", has_more, data });
  });
}

Deno.test("stripe_charges pages after the last charge, keeps smallest units, and refunds reach the row", async () => {
  await using server = serveStripe();
  const env = { STRIPE_URL: server.url, STRIPE_KEY: "rk_test" };
  await using world = await openWorld({
    job: "stripe_charges.yaml",
    env,
    now: "2024-01-31T12:00:00Z",
  });
  const ran = await world.backfill("--start-date 2024-01-01 --end-date 2024-01-30");
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertForecast(ran, server.asked.length);
  const rows = await world.query(
    `SELECT id, extract(epoch FROM created_at)::int AS created, amount::int, amount_refunded::int AS refunded,
            currency, customer_id AS customer, card_last4, metadata FROM charges ORDER BY created DESC, id`,
  );
  assertEquals(
    rows,
    CHARGES.map(({ id, created, amount, amount_refunded, currency, customer, metadata }) => ({
      ...{ id, created, amount, refunded: amount_refunded, currency: currency.toUpperCase() },
      ...{ customer, card_last4: "4242", metadata },
    })),
  );
  CHARGES[0]!.amount_refunded = CHARGES[0]!.amount_captured;
  world.nowMs += 3 * 86_400_000;
  await world.backfill("--resume --start-date 2024-01-01 --end-date 2024-01-30");
  assertEquals(
    await world.query(`SELECT amount_refunded::int AS refunded FROM charges WHERE id = 'ch_3299'`),
    [{ refunded: CHARGES[0]!.amount }],
  );
});
