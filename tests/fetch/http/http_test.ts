import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { HttpClient } from "../../../lib/fetch/http/http.ts";
import { HttpError, sendError } from "../../../lib/fetch/http/http_error.ts";
import { serve } from "../../support/http_server.ts";
import { rawServer } from "./raw_server.ts";

const never = new AbortController().signal;

function setup(options: { timeoutMs?: number; maxBodyBytes?: number } = {}) {
  const door = new HttpClient({
    timeoutMs: 5000,
    maxBodyBytes: 1 << 20,
    now: () => performance.now(),
    ...options,
  });
  const get = (url: string, signal = never) =>
    door.exchange({ method: "GET", url, headers: {} }, signal);
  return { door, get, [Symbol.dispose]: () => door[Symbol.dispose]() };
}

async function errorOf(promise: Promise<unknown>): Promise<HttpError> {
  return await assertRejects(() => promise, HttpError);
}

Deno.test("HttpClient.exchange() sends method, headers and body and returns status, headers and bytes", async () => {
  await using server = serve(async (request) =>
    new Response(`${request.method} ${await request.text()} ${request.headers.get("x-a")}`, {
      status: 201,
      headers: { "x-b": request.headers.get("user-agent") ?? "" },
    })
  );
  using context = setup();
  const answer = await context.door.exchange(
    { method: "POST", url: server.url, headers: { "x-a": "1" }, body: "{}" },
    never,
  );
  assertEquals(new TextDecoder().decode(answer.body), "POST {} 1");
  assertEquals(answer.status, 201);
  assert(answer.headers.get("x-b")?.startsWith("hindcast/"));
  assert(answer.ms > 0);
});

Deno.test("HttpClient.exchange() follows no redirect by itself", async () => {
  await using server = serve(() => new Response("", { status: 302, headers: { location: "/x" } }));
  using context = setup();
  const answer = await context.get(server.url);
  assertEquals([answer.status, answer.headers.get("location")], [302, "/x"]);
});

Deno.test("HttpClient.exchange() reports that nothing listens on a closed port", async () => {
  using context = setup();
  const server = serve(() => new Response());
  await server[Symbol.asyncDispose]();
  const error = await errorOf(context.get(`${server.url}/secret?key=1`));
  assertEquals(error.kind, "connection");
  assertEquals(
    error.message,
    `connection refused by 127.0.0.1:${server.port}`,
  );
  assertEquals(error.isUnsent, true);
});

Deno.test("HttpClient.exchange() reports a connection that closes before the response", async () => {
  await using server = rawServer(() => []);
  using context = setup();
  const error = await errorOf(context.get(`${server.url}/secret?key=1`));
  assertEquals(error.kind, "connection");
  assert(error.message.endsWith("closed the connection before it responded"), error.message);
  assertEquals(error.isUnsent, false);
});

Deno.test("HttpClient.exchange() reports an incomplete response when the connection breaks inside its body", async () => {
  const heads = ["content-length: 100", "transfer-encoding: chunked"];
  for (const head of heads) {
    await using server = rawServer(() => [`HTTP/1.1 200 OK\r\n${head}\r\n\r\n3\r\nabc\r\n`]);
    using context = setup();
    assertEquals((await errorOf(context.get(server.url))).kind, "incomplete");
  }
});

Deno.test("HttpClient.exchange() returns the status of an error response whose body is cut off", async () => {
  await using server = rawServer(() => ["HTTP/1.1 503 No\r\ncontent-length: 100\r\n\r\nabc"]);
  using context = setup();
  assertEquals((await context.get(server.url)).status, 503);
});

Deno.test("HttpClient.exchange() fails when the server does not speak HTTP", async () => {
  await using server = rawServer(() => ["SSH-2.0-OpenSSH_9.6\r\n"]);
  using context = setup();
  const error = await errorOf(context.get(`${server.url}/secret?key=1`));
  assertEquals(error.kind, "malformed");
  assert(!error.message.includes("key=1"), error.message);
});

Deno.test("HttpClient.exchange() times out when bytes only trickle in", async () => {
  await using server = serve(() =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          controller.enqueue(new Uint8Array([32]));
        },
      }),
    )
  );
  using context = setup({ timeoutMs: 150 });
  const error = await errorOf(context.get(server.url));
  assertEquals([error.kind, error.message], [
    "timeout",
    "no complete response within 0.15 s",
  ]);
});

Deno.test("HttpClient.exchange() times out without any byte", async () => {
  await using server = serve(() => new Promise<Response>(() => {}));
  using context = setup({ timeoutMs: 100 });
  assertEquals((await errorOf(context.get(server.url))).kind, "timeout");
});

Deno.test("HttpClient.exchange() stops reading a body of a gigabyte at its limit", async () => {
  let sent = 0;
  const chunk = new Uint8Array(1 << 16);
  await using server = serve(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sent += chunk.length;
          if (sent > 1 << 30) controller.close();
          else controller.enqueue(chunk);
        },
      }),
    )
  );
  using context = setup({ maxBodyBytes: 1 << 20 });
  const error = await errorOf(context.get(server.url));
  assertEquals([error.kind, error.message], [
    "too_large",
    "the response is larger than 1048576 bytes",
  ]);
  assert(sent < 1 << 28, `${sent} bytes were sent`);
});

Deno.test("HttpClient.exchange() reads only the beginning of an endless error response", async () => {
  let sent = 0;
  const chunk = new Uint8Array(1 << 16);
  await using server = serve(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sent += chunk.length;
          controller.enqueue(chunk);
        },
      }),
      { status: 500 },
    )
  );
  using context = setup({ maxBodyBytes: 1 << 30 });
  const answer = await context.get(server.url);
  assertEquals(answer.status, 500);
  assert(answer.body.length < 1 << 21, `${answer.body.length} bytes were kept`);
  assert(sent < 1 << 28, `${sent} bytes were sent`);
});

Deno.test("HttpClient.exchange() counts bytes after decompression, so that a gzip bomb is refused", async () => {
  const zeros = new Blob([new Uint8Array(50 << 20)]).stream();
  const bomb = await new Response(zeros.pipeThrough(new CompressionStream("gzip"))).bytes();
  assert(bomb.length < 1 << 17);
  await using server = serve(() =>
    new Response(bomb, { headers: { "content-encoding": "gzip", "content-type": "text/plain" } })
  );
  using context = setup({ maxBodyBytes: 1 << 20 });
  assertEquals((await errorOf(context.get(server.url))).kind, "too_large");
});

Deno.test("HttpClient.exchange() unpacks files that are gzip themselves, within the same bounds", async () => {
  const packed = (bytes: BlobPart) =>
    new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
  const [small, bomb] = await Promise.all([packed("a,b\n1,2\n"), packed(new Uint8Array(2 << 20))]);
  await using server = serve(({ url }) =>
    new Response(url.endsWith("bomb") ? bomb : url.endsWith("cut") ? small.slice(0, 20) : small)
  );
  using context = setup({ maxBodyBytes: 1 << 20 });
  const { body } = await context.get(`${server.url}/small`);
  assertEquals(new TextDecoder().decode(body), "a,b\n1,2\n");
  assertEquals((await errorOf(context.get(`${server.url}/bomb`))).kind, "too_large");
  const cut = await errorOf(context.get(`${server.url}/cut`));
  assert(["encoding", "incomplete"].includes(cut.kind), cut.kind);
});

Deno.test("HttpClient.exchange() throws when a body is declared as gzip and is not", async () => {
  await using server = serve(() =>
    new Response("{}not gzip at all{}", { headers: { "content-encoding": "gzip" } })
  );
  using context = setup();
  const error = await errorOf(context.get(server.url));
  assert(["encoding", "incomplete"].includes(error.kind), error.kind);
});

Deno.test("HttpClient.exchange() throws the signal's reason when it aborts", async () => {
  const arrived = Promise.withResolvers<void>();
  await using server = serve(() => {
    arrived.resolve();
    return new Promise<Response>(() => {});
  });
  using context = setup();
  const control = new AbortController();
  const reason = new Error("stop");
  const pending = assertRejects(() => context.get(server.url, control.signal));
  await arrived.promise;
  control.abort(reason);
  assertEquals(await pending, reason);
  assertEquals(await assertRejects(() => context.get(server.url, control.signal)), reason);
});

Deno.test("HttpClient.exchange() throws when a header cannot be sent, without printing it", async () => {
  using context = setup();
  const bad = { method: "GET", url: "http://127.0.0.1:9/", headers: { "x-a": "b\nc" } } as const;
  const error = await errorOf(context.door.exchange(bad, never));
  assertEquals(error.kind, "request");
  assert(!error.message.includes("b\nc"));
});

Deno.test("sendError() rewords the runtime's errors for display", () => {
  const url = "https://api.test/x?key=secret";
  const wrapped = (text: string) =>
    sendError(
      new TypeError("fetch failed", {
        cause: new Error(`error sending request for url (${url}): client error (Connect): ${text}`),
      }),
      url,
    );
  assertEquals(
    wrapped("dns error: failed to lookup address information: Name or service not known").message,
    'cannot resolve the host "api.test"',
  );
  const certificate = wrapped("invalid peer certificate: UnknownIssuer");
  assertEquals(certificate.kind, "certificate");
  assertEquals(
    certificate.message,
    "the certificate of api.test:443 is not trusted: its authority is unknown",
  );
  const expired = wrapped(
    "invalid peer certificate: certificate expired: verification time 1795902855 (UNIX)",
  );
  assertEquals([expired.kind, expired.message.split(": ")[1]], ["certificate", "it has expired"]);
  assertStringIncludes(expired.hint!, "this machine's clock");
  assertStringIncludes(
    wrapped('invalid peer certificate: certificate not valid for name "api.test"').message,
    "issued for another host",
  );
  const lookup = "dns error: failed to lookup address information:";
  assertEquals(
    [`${lookup} Name or service not known`, `${lookup} Temporary failure in name resolution`]
      .map((text) => wrapped(text).kind),
    ["unknown_host", "connection"],
  );
  for (const text of ["invalid HTTP version parsed", "message head is too large"]) {
    assertEquals([wrapped(text).kind, wrapped(text).message], [
      "malformed",
      `api.test:443 does not respond with valid HTTP (${text})`,
    ]);
  }
  assertEquals(wrapped("something new").message, "no response from api.test:443 (something new)");
  const forbidden = sendError(new Deno.errors.NotCapable("Requires net access"), url);
  assertEquals([forbidden.kind, forbidden.hint], [
    "forbidden",
    'Start it with --allow-net=api.test:443; if the API redirects there, set "url" of the source to that host',
  ]);
});
