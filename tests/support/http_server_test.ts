import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { serve } from "./http_server.ts";

Deno.test("serve() passes requests to the handler", async () => {
  await using server = serve((request) => new Response(new URL(request.url).pathname));
  assertMatch(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assertEquals(await (await fetch(`${server.url}/a/b`)).text(), "/a/b");
});

Deno.test("serve() responds 500 with the reason when the handler throws", async () => {
  await using server = serve(() => {
    throw new Error("no page");
  });
  const response = await fetch(server.url);
  assertEquals([response.status, await response.text()], [500, "Error: no page"]);
});

Deno.test("serve() closes an unanswered request when its scope ends", async () => {
  const arrived = Promise.withResolvers<void>();
  const server = serve(() => {
    arrived.resolve();
    return new Promise<never>(() => {});
  });
  const request = fetch(server.url);
  const failure = assertRejects(() => request, TypeError);
  await arrived.promise;
  await server[Symbol.asyncDispose]();
  await failure;
  await assertRejects(() => fetch(server.url), TypeError);
});
