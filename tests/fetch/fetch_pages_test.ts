import { assert, assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { serve } from "../support/http_server.ts";
import { failureOf, ids, items, range, setup } from "./page_reader.ts";
import { rawServer } from "./http/raw_server.ts";

const OFFSET = { by: "offset", offset_param: "skip", size_param: "limit", size: 100 };

/** Returns `count` records by skip and limit, with the total. */
function byOffset(count: number, requests: string[] = []) {
  return (request: Request) => {
    const { search, searchParams } = new URL(request.url);
    requests.push(search);
    const skip = Number(searchParams.get("skip"));
    return Response.json({
      total: count,
      items: items(skip, Math.min(count, skip + Number(searchParams.get("limit")))),
    });
  };
}

Deno.test("fetchPages() yields every page in order with its measures", async () => {
  await using server = serve(byOffset(350));
  await using context = setup({ url: server.url }, { paging: OFFSET, total: "total" });
  const pages = await Array.fromAsync(context.pages());
  assertEquals(pages.map((page) => [page.index, page.records.length, page.total]), [
    [0, 100, 350],
    [1, 100, 350],
    [2, 100, 350],
    [3, 50, 350],
  ]);
  assertEquals(pages[1]?.url, `${server.url}/things?skip=100&limit=100`);
  assertEquals(pages[0]?.header("content-type"), "application/json");
  assertEquals([context.count("requested"), context.count("answered")], [4, 4]);
  const answered = context.events.find((event) => event.kind === "answered");
  assert(answered?.kind === "answered" && answered.bytes > 100 && answered.status === 200);
});

Deno.test("fetchPages() fetches pages concurrently when the total is known", async () => {
  let [underWay, most] = [0, 0];
  const answer = byOffset(2000);
  await using server = serve(async (request) => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, 5));
    underWay--;
    return answer(request);
  });
  await using context = setup(
    { url: server.url, concurrency: 5 },
    { paging: OFFSET, total: "total" },
  );
  assertEquals(await ids(context.pages()), range(0, 2000));
  assertEquals(most, 5);
});

Deno.test("fetchPages() never has more requests in flight than `concurrency`, over all units", async () => {
  let [underWay, most] = [0, 0];
  const answer = byOffset(600);
  await using server = serve(async (request) => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, 2));
    underWay--;
    return answer(request);
  });
  await using context = setup(
    { url: server.url, concurrency: 3 },
    { paging: OFFSET, total: "total" },
  );
  await Promise.all(range(0, 4).map(() => ids(context.pages())));
  assertEquals(most, 3);
});

Deno.test("fetchPages() reads an empty window as one empty page", async () => {
  await using server = serve(byOffset(0));
  await using context = setup({ url: server.url }, { paging: OFFSET, total: "total" });
  const pages = await Array.fromAsync(context.pages());
  assertEquals(pages.map((page) => page.records), [[]]);
});

Deno.test("fetchPages() treats a status of empty_statuses as an empty window", async () => {
  await using server = serve(() => Response.json({ detail: "no such day" }, { status: 404 }));
  await using context = setup({ url: server.url }, { empty_statuses: [404], total: "total" });
  assertEquals(await ids(context.pages()), []);
});

Deno.test("fetchPages() fails the window when a status is not expected, and quotes the reason", async () => {
  await using server = serve(() =>
    Response.json({ detail: [{ loc: ["query", "limit"], msg: "too large" }] }, { status: 422 })
  );
  await using context = setup({ url: server.url });
  const failure = await failureOf(context.pages());
  assertEquals(failure.kind, "window");
  assertEquals(
    failure.message,
    `Cannot fetch GET ${server.url}/things: the API responded with status 422, "query.limit: too large"`,
  );
  assertEquals(context.count("requested"), 1);
});

Deno.test("fetchPages() retries bursts of 500 with growing waits", async () => {
  let requests = 0;
  await using server = serve(() =>
    ++requests < 5 ? new Response("", { status: 500 }) : Response.json({ items: items(0, 3) })
  );
  await using context = setup({ url: server.url });
  assertEquals(await ids(context.pages()), [0, 1, 2]);
  assertEquals(context.sleeps, [500, 1000, 2000, 4000]);
  assertEquals([context.count("requested"), context.count("retrying")], [5, 4]);
});

Deno.test("fetchPages() fails the window when every attempt returns 503", async () => {
  await using server = serve(() =>
    new Response("<title>Down</title>", { status: 503, headers: { "content-type": "text/html" } })
  );
  await using context = setup({ url: server.url, retry: { attempts: 3 } });
  const failure = await failureOf(context.pages());
  assertEquals(failure.kind, "window");
  assert(
    failure.message.endsWith('the API responded with status 503, "Down" in 3 attempts'),
    failure.message,
  );
});

const throttles: [name: string, header: string | undefined, waitMs: number][] = [
  ["no Retry-After", undefined, 500],
  ["Retry-After in seconds", "7", 7000],
  ["Retry-After as a date", "Wed, 01 Jan 2025 00:00:09 GMT", 9000],
  ["a Retry-After of ten years", "315360000", 604_800_000],
  ["a Retry-After in the past", "Wed, 01 Jan 2020 00:00:09 GMT", 500],
];
for (const [name, header, waitMs] of throttles) {
  Deno.test(`fetchPages() waits and retries after a 429 with ${name}`, async () => {
    let requests = 0;
    const headers: Record<string, string> = header === undefined ? {} : { "retry-after": header };
    await using server = serve(() =>
      ++requests === 1
        ? new Response("", { status: 429, headers })
        : Response.json({ items: items(0, 1) })
    );
    await using context = setup({ url: server.url });
    assertEquals(await ids(context.pages()), [0]);
    const retry = context.events.find((event) => event.kind === "retrying");
    assertEquals(retry?.kind === "retrying" && retry.waitMs, waitMs);
    assertEquals(context.count("refused"), 1);
  });
}

Deno.test("fetchPages() treats a 403 with an exhausted allowance as throttling", async () => {
  let requests = 0;
  await using server = serve(() =>
    ++requests === 1
      ? new Response("", {
        status: 403,
        headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30" },
      })
      : Response.json({ items: items(0, 1) })
  );
  await using context = setup({ url: server.url });
  assertEquals(await ids(context.pages()), [0]);
  assertEquals(context.count("refused"), 1);
});

Deno.test("fetchPages() retries when the connection breaks inside the body", async () => {
  const whole = JSON.stringify({ items: items(0, 2) });
  const head =
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${whole.length}`;
  await using server = rawServer((at) => [
    `${head}\r\nconnection: close\r\n\r\n`,
    at < 2 ? whole.slice(0, 7) : whole,
  ]);
  await using context = setup({ url: server.url });
  assertEquals(await ids(context.pages()), [0, 1]);
  assertEquals(server.requests(), 3);
});

const unreadable: [name: string, body: string, type: string, reason: RegExp][] = [
  ["JSON that breaks off", '{"items": [{"id": 1', "application/json", /./],
  [
    "a web page",
    "<!doctype html><title>Log in</title>",
    "text/html",
    /web page, "Log in", not json/,
  ],
  ["another shape", '{"things": []}', "application/json", /./],
  ["a number where a list should be", '{"items": 7}', "application/json", /./],
  ["nothing", "", "application/json", /./],
];
for (const [name, body, type, reason] of unreadable) {
  Deno.test(`fetchPages() fails the window when the response is ${name}`, async () => {
    await using server = serve(() => new Response(body, { headers: { "content-type": type } }));
    await using context = setup({ url: server.url });
    const failure = await failureOf(context.pages());
    assertEquals(failure.kind, "window");
    assert(reason.test(failure.message), failure.message);
    assert(failure.message.endsWith(`requested by GET ${server.url}/things`), failure.message);
    assertEquals(context.count("requested"), 1);
  });
}

Deno.test("fetchPages() fails the window when the text is not in its charset", async () => {
  const latin = Uint8Array.from('{"items": [{"id": 1, "name": "pät"}]}', (c) => c.charCodeAt(0));
  await using server = serve(() =>
    new Response(latin, { headers: { "content-type": "application/json; charset=utf-8" } })
  );
  await using context = setup({ url: server.url });
  const failure = await failureOf(context.pages());
  assert(failure.message.includes("not valid utf-8"), failure.message);
});

Deno.test("fetchPages() fails the window when the body reports an error", async () => {
  await using server = serve(() =>
    Response.json({ items: [], error: { message: "quota of key" } })
  );
  await using context = setup({ url: server.url }, { error: "error.message" });
  const failure = await failureOf(context.pages());
  assert(failure.message.includes('the API reports "quota of key"'), failure.message);
});

Deno.test("fetchPages() restarts the window at index 0 when the total changes", async () => {
  let requests = 0;
  await using server = serve((request) => {
    const skip = Number(new URL(request.url).searchParams.get("skip"));
    const total = ++requests === 1 ? 149 : 150;
    return Response.json({ total, items: items(skip, Math.min(total, skip + 100)) });
  });
  await using context = setup({ url: server.url }, { paging: OFFSET, total: "total" });
  const pages = await Array.fromAsync(context.pages());
  assertEquals(pages.map((page) => page.index), [0, 0, 1]);
  assertEquals(pages.slice(1).flatMap((page) => page.records), items(0, 150));
});

Deno.test("fetchPages() fails the window when the total keeps changing", async () => {
  let requests = 0;
  await using server = serve((request) => {
    const skip = Number(new URL(request.url).searchParams.get("skip"));
    return Response.json({ total: 500 + requests++, items: items(skip, skip + 100) });
  });
  await using context = setup({ url: server.url }, { paging: OFFSET, total: "total" });
  const failure = await failureOf(context.pages());
  assert(/in each of 4 attempts the total changed from/.test(failure.message), failure.message);
  assertEquals(failure.tooFull, false);
});

Deno.test("fetchPages() fails the window when pages repeat", async () => {
  await using server = serve(() => Response.json({ total: 300, items: items(0, 100) }));
  await using context = setup({ url: server.url }, { paging: OFFSET, total: "total" });
  const failure = await failureOf(context.pages());
  assertEquals(
    failure.message,
    "Cannot read the complete window: page 2 repeats an earlier page",
  );
});

Deno.test("fetchPages() fails the window when a page in the middle is empty", async () => {
  const answer = byOffset(350);
  await using server = serve((request) =>
    new URL(request.url).searchParams.get("skip") === "200"
      ? Response.json({ total: 350, items: [] })
      : answer(request)
  );
  await using context = setup({ url: server.url }, { paging: OFFSET, total: "total" });
  const failure = await failureOf(context.pages());
  assert(failure.message.endsWith("page 3 is empty after 200 of 350 records"), failure.message);
});

Deno.test("fetchPages() ends an endless series of pages at max_pages", async () => {
  let id = 0;
  await using server = serve(() => Response.json({ items: [{ id }], next: `c${id++}` }));
  await using context = setup({ url: server.url }, {
    paging: { by: "cursor", cursor: "next", cursor_param: "after" },
    max_pages: 7,
  });
  const failure = await failureOf(context.pages());
  assertEquals([failure.kind, failure.tooFull], ["window", true]);
  assertEquals(context.count("requested"), 7);
});

Deno.test("fetchPages() is too full when the response reaches max_records", async () => {
  await using server = serve(() => Response.json({ items: items(0, 50) }));
  await using context = setup({ url: server.url }, { max_records: 50 });
  assertEquals((await failureOf(context.pages())).tooFull, true);
});

Deno.test("fetchPages() fails the window when the declared total is missing", async () => {
  await using server = serve(() => Response.json({ items: items(0, 5) }));
  await using context = setup({ url: server.url }, { total: "meta.total" });
  const failure = await failureOf(context.pages());
  assertEquals(failure.message, 'Cannot read the response: it has no total at "meta.total"');
});

Deno.test("fetchPages() follows the Link header", async () => {
  await using server = serve((request) => {
    const page = Number(new URL(request.url).searchParams.get("page") ?? 1);
    const headers: Record<string, string> = page < 3
      ? { link: `<?page=${page + 1}>; rel="next", <?page=3>; rel="last"` }
      : {};
    return Response.json({ items: items(page * 2, page * 2 + 2) }, { headers });
  });
  await using context = setup({ url: server.url }, { paging: { by: "link_header" } });
  assertEquals(await ids(context.pages()), range(2, 8));
});

Deno.test("fetchPages() sends a cursor from a header in a header", async () => {
  await using server = serve((request) => {
    const cursor = Number(request.headers.get("x-cursor") ?? 0);
    const headers: Record<string, string> = cursor < 2 ? { "x-next": String(cursor + 1) } : {};
    return Response.json({ items: items(cursor, cursor + 1) }, { headers });
  });
  await using context = setup({ url: server.url }, {
    paging: { by: "cursor", cursor: "$header.x-next", cursor_param: "X-Cursor", in: "header" },
  });
  assertEquals(await ids(context.pages()), [0, 1, 2]);
});

Deno.test("fetchPages() stops at once and names the variables when credentials are revoked midway", async () => {
  let requests = 0;
  const answer = byOffset(1000);
  await using server = serve((request) =>
    ++requests > 3
      ? Response.json({ detail: `no such user: ${request.headers.get("authorization")}` }, {
        status: 401,
      })
      : answer(request)
  );
  await using context = setup(
    {
      url: server.url,
      auth: { basic: { username: "${API_USER}", password: "${API_PASSWORD}" } },
      concurrency: 1,
    },
    { paging: OFFSET, total: "total" },
    { API_USER: "somebody", API_PASSWORD: "open sesame" },
  );
  const failure = await failureOf(context.pages());
  assertEquals(failure.kind, "refused");
  assert(failure.message.includes('401, "no such user: Basic ***"'), failure.message);
  assert(failure.hint?.includes("API_USER and API_PASSWORD"), failure.hint);
});

Deno.test("fetchPages() sends no credentials to another host after a redirect", async () => {
  const seen: { authorization: string | null; key: string | null; search: string }[] = [];
  await using other = serve((request) => {
    const { search } = new URL(request.url);
    const [authorization, key] = ["authorization", "x-key"].map((n) => request.headers.get(n));
    seen.push({ authorization: authorization!, key: key!, search });
    return Response.json({ items: items(0, 1) });
  });
  await using server = serve((request) =>
    Response.redirect(`${other.url}/elsewhere${new URL(request.url).search}`, 307)
  );
  await using context = setup(
    {
      url: server.url,
      auth: { bearer: "${T}", header: { "X-Key": "${K}" }, query: { k: "${K}" } },
    },
    {},
    { T: "token-value", K: "key-value" },
  );
  assertEquals(await ids(context.pages()), [0]);
  assertEquals(seen, [{ authorization: null, key: null, search: "" }]);
});

Deno.test("fetchPages() follows redirects within the API's origin with credentials, up to five", async () => {
  await using server = serve((request) => {
    const { pathname } = new URL(request.url);
    if (request.headers.get("authorization") !== "Bearer t") {
      return new Response("", { status: 401 });
    }
    const hop = Number(pathname.slice(1)) || 0;
    if (hop === 5) return Response.json({ items: items(0, 1) });
    return new Response("", { status: 302, headers: { location: `/${hop + 1}` } });
  });
  await using context = setup({ url: server.url, auth: { bearer: "${T}" } }, {}, { T: "t" });
  assertEquals(await ids(context.pages()), [0]);
  assertEquals(context.count("requested"), 6);
});

Deno.test("fetchPages() fails the window when redirects loop", async () => {
  await using server = serve(() => new Response("", { status: 302, headers: { location: "/" } }));
  await using context = setup({ url: server.url });
  const failure = await failureOf(context.pages());
  assert(failure.message.endsWith("the request was redirected more than 5 times"), failure.message);
});

Deno.test("fetchPages() keeps secrets out of events, pages and failures", async () => {
  const secret = "s3cr/t+key";
  await using server = serve((request) => {
    const { href, searchParams } = new URL(request.url);
    if (searchParams.get("page") === null) {
      return Response.json({ items: items(0, 1), next: `${href}&page=2` });
    }
    return new Response(`bad key ${searchParams.get("key")} ${encodeURIComponent(secret)}`, {
      status: 400,
    });
  });
  await using context = setup(
    { url: server.url, auth: { query: { key: "${K}" } } },
    { paging: { by: "next_link", link: "next" } },
    { K: secret },
  );
  const said: unknown[] = [];
  const failure = await assertRejects(async () => {
    for await (const page of context.pages()) said.push(page.url);
  }, Failure);
  said.push(failure.message, failure.hint, failure.stack, context.events);
  const text = JSON.stringify(said);
  for (const form of [secret, encodeURIComponent(secret), "s3cr/t%2Bkey"]) {
    assert(!text.includes(form), text);
  }
  assert(failure.message.includes("bad key ***"), failure.message);
});

Deno.test("fetchPages() ends promptly when the signal aborts, in flight or waiting", async () => {
  const arrived = Promise.withResolvers<void>();
  await using server = serve(() => {
    arrived.resolve();
    return new Promise<Response>(() => {});
  });
  await using context = setup({ url: server.url, concurrency: 1 });
  const inFlight = failureOf(context.pages());
  await arrived.promise;
  const waiting = failureOf(context.pages());
  context.control.abort();
  assertEquals([(await inFlight).kind, (await waiting).kind], ["interrupted", "interrupted"]);
});

Deno.test("fetchPages() throws the signal's reason when it is a Failure", async () => {
  await using server = serve(() => Response.json({ items: [] }));
  await using context = setup({ url: server.url });
  const reason = new Failure("target", "Cannot write: the disk is full");
  context.control.abort(reason);
  assertEquals(await failureOf(context.pages()), reason);
});

Deno.test("fetchPages() aborts pages fetched ahead when its reader stops", async () => {
  const answer = byOffset(5000);
  const ended: Promise<void>[] = [];
  await using server = serve((request) => {
    if (!new URL(request.url).search.includes("skip=0&")) {
      const aborted = Promise.withResolvers<void>();
      request.signal.addEventListener("abort", () => aborted.resolve());
      ended.push(aborted.promise);
      return new Promise<Response>(() => {});
    }
    return answer(request);
  });
  await using context = setup({ url: server.url }, { paging: OFFSET, total: "total" });
  for await (const _page of context.pages()) {
    while (ended.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    break;
  }
  await Promise.all(ended);
  const next = context.pages();
  assertEquals((await next.next()).value?.index, 0);
  await next.return(undefined);
});

Deno.test("fetchPages() plans again when the API returns fewer records than requested", async () => {
  await using server = serve((request) => {
    const skip = Number(new URL(request.url).searchParams.get("skip"));
    const size = skip === 100 ? 30 : 100;
    return Response.json({ total: 500, items: items(skip, Math.min(500, skip + size)) });
  });
  await using context = setup({ url: server.url }, { paging: OFFSET, total: "total" });
  assertEquals(await ids(context.pages()), range(0, 500));
});

Deno.test("openApi() names the variable when a secret is not set", () => {
  const error = assertThrowsFailure(() =>
    setup({ url: "http://a.test", auth: { bearer: "${NOPE}" } })
  );
  assertEquals(error.kind, "configuration");
  assert(error.message.includes("NOPE"));
});

Deno.test("openApi() refuses a URL with a password without printing it", () => {
  const error = assertThrowsFailure(() => setup({ url: "http://me:hush@a.test" }));
  assertEquals(error.kind, "configuration");
  assert(!`${error.message}${error.hint}`.includes("hush"));
});

function assertThrowsFailure(action: () => unknown): Failure {
  try {
    action();
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error("expected a Failure");
}

Deno.test("fetchPages() sends a fresh token when the first expires while a request waits", async () => {
  const issuedAtMs: number[] = [];
  const statuses: number[] = [];
  let nowMs = () => 0;
  await using server = serve((request) => {
    if (new URL(request.url).pathname === "/token") {
      issuedAtMs.push(nowMs());
      return Response.json({ access_token: `token-${issuedAtMs.length}`, expires_in: 600 });
    }
    const token = Number(request.headers.get("authorization")?.split("-")[1]);
    const isValid = nowMs() - issuedAtMs[token - 1]! < 600_000;
    statuses.push(isValid ? 200 : 401);
    return Response.json({ items: [] }, { status: isValid ? 200 : 401 });
  });
  const oauth2 = { token_url: `${server.url}/token`, client_id: "me", client_secret: "${S}" };
  await using context = setup({ url: server.url, auth: { oauth2 } }, { limits: "1/h" }, {
    S: "hush",
  });
  nowMs = context.door.dependencies.clock.now;
  for (let at = 0; at < 3; at++) assertEquals(await ids(context.pages()), []);
  assertEquals(statuses, [200, 200, 200]);
});

Deno.test("fetchPages() sends the key once when a next link echoes it, and shows it nowhere", async () => {
  const queries: string[] = [];
  await using server = serve((request) => {
    const { search, searchParams } = new URL(request.url);
    queries.push(search);
    const page = Number(searchParams.get("page") ?? 1);
    const next = page < 3 ? `/things?page=${page + 1}&api_key=s3cret` : undefined;
    return Response.json({ items: [{ id: page }], next });
  });
  await using context = setup(
    { url: server.url, auth: { query: { api_key: "${KEY}" } } },
    { paging: { by: "next_link", link: "next" } },
    { KEY: "s3cret" },
  );
  const pages = await Array.fromAsync(context.pages());
  assertEquals(pages.length, 3);
  assertEquals(queries, ["?api_key=s3cret", "?page=2&api_key=s3cret", "?page=3&api_key=s3cret"]);
  assertEquals(pages.map(({ url }) => url.includes("s3cret")), [false, false, false]);
  assertEquals(JSON.stringify(context.events).includes("s3cret"), false);
});

Deno.test("fetchPages() follows a link to a host that the job names, without credentials and headers", async () => {
  const seen: (string | null)[] = [];
  await using pagesHost = serve((request) => {
    seen.push(request.headers.get("authorization"), request.headers.get("x-tenant"));
    return Response.json({ items: [{ id: 2 }] });
  });
  await using server = serve(() =>
    Response.json({ items: [{ id: 1 }], next: `${pagesHost.url}/2` })
  );
  const paging = { by: "next_link", link: "next" };
  const source = { url: server.url, auth: { bearer: "${KEY}" }, headers: { "X-Tenant": "7" } };
  const hosts = [new URL(pagesHost.url).host];
  await using named = setup(source, { paging: { ...paging, hosts } }, { KEY: "s3cret" });
  assertEquals(await ids(named.pages()), [1, 2]);
  assertEquals(seen, [null, null]);
  await using other = setup(source, { paging }, { KEY: "s3cret" });
  assert((await failureOf(other.pages())).message.includes("leads to another host"));
});
