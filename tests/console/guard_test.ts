import { assertEquals } from "@std/assert";
import { isFromPage, refusalOf } from "../../lib/console/guard.ts";

const request = (headers: Record<string, string>) =>
  new Request("http://127.0.0.1:8001/", { headers });
const basic = (password: string) => ({
  authorization: `Basic ${new TextEncoder().encode(`any:${password}`).toBase64()}`,
});

Deno.test("refusalOf() refuses foreign hosts on a loopback address, as in DNS rebinding", () => {
  const access = { hostname: "127.0.0.1", password: undefined };
  const status = (host: string) => refusalOf(request({ host }), access)?.status;
  assertEquals(["127.0.0.1:8001", "localhost:8001", "[::1]:8001"].map(status), [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(["evil.example:8001", "127.0.0.1.evil.example", ""].map(status), [421, 421, 421]);
});

Deno.test("refusalOf() requires the password where one is set, and refuses others without one", () => {
  const access = { hostname: "0.0.0.0", password: "pä:ss" };
  const status = (headers: Record<string, string>) =>
    refusalOf(request({ host: "10.0.0.5:8001", ...headers }), access)?.status;
  assertEquals(status({}), 401);
  assertEquals(status(basic("wrong")), 401);
  assertEquals(status(basic("pä:sss")), 401);
  assertEquals(status({ authorization: "Basic !!!" }), 401);
  assertEquals(status(basic("pä:ss")), undefined);
  const onDeploy = { hostname: undefined, password: undefined };
  assertEquals(refusalOf(request({ host: "app.deno.dev" }), onDeploy)?.status, 403);
  const both = { hostname: "127.0.0.1", password: "x" };
  assertEquals(refusalOf(request({ host: "evil.example", ...basic("x") }), both)?.status, 421);
});

Deno.test("isFromPage() tells the page's own requests from those of other sites", () => {
  const from = (headers: Record<string, string>) =>
    isFromPage(request({ host: "127.0.0.1:8001", ...headers }));
  assertEquals(from({ origin: "http://127.0.0.1:8001", "sec-fetch-site": "same-origin" }), true);
  assertEquals(from({ origin: "http://evil.example", "sec-fetch-site": "cross-site" }), false);
  assertEquals(from({ origin: "http://127.0.0.1:9999" }), false);
  assertEquals(from({ origin: "null" }), false);
  assertEquals(from({ "sec-fetch-site": "same-site" }), false);
});
