// Requests go through the proxy that the environment declares, except to hosts of NO_PROXY, and an unreachable proxy
// is named.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { serve } from "../support/http_server.ts";
import { openSite } from "./site.ts";

const job = (url: string) =>
  `job: meter
source: { url: "${url}", limits: 50/s }
tables: { t: { key: id, columns: { id: text } } }
streams: { s: { request: "/{from}/{last}", window: day, rows: t } }
`;

Deno.test("a job reaches its API through the proxy of HTTP_PROXY, and without it if NO_PROXY lists the host", async () => {
  const seen: string[] = [];
  await using proxy = serve((request) => {
    seen.push(`${request.headers.get("host")}`);
    return Response.json([{ id: "through the proxy" }]);
  });
  await using site = await openSite(job("http://api.meters.test/v1"));
  const env = { HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.1" };
  const { code, stdout, stderr } = await site.run("probe", ["--date", "2024-01-02"], { env });
  assertEquals(code, 0, stdout + stderr);
  assertStringIncludes(stdout, "through the proxy");
  assertEquals([...new Set(seen)], ["api.meters.test"]);
  const excepted = { ...env, NO_PROXY: "127.0.0.1,meters.test" };
  const direct = await site.run("probe", ["--date", "2024-01-02"], { env: excepted });
  assertStringIncludes(direct.stdout + direct.stderr, 'cannot resolve the host "api.meters.test"');
});

Deno.test("a proxy that refuses connections is named with its variable and address, without its password", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  for (const [scheme, name] of [["http", "HTTP_PROXY"], ["https", "HTTPS_PROXY"]] as const) {
    await using site = await openSite(job(`${scheme}://api.meters.test/v1`));
    const env = { [name]: `http://me:pr0xy-secret@127.0.0.1:${port}`, NO_PROXY: "127.0.0.1" };
    const { code, stdout, stderr } = await site.run("probe", ["--date", "2024-01-02"], { env });
    const text = stdout + stderr;
    assertEquals(code, 1, text);
    assertStringIncludes(text, `the proxy of ${name} (127.0.0.1:${port}) does not connect to`);
    assertStringIncludes(text, "list api.meters.test in NO_PROXY");
    assertEquals(text.includes("pr0xy-secret"), false, text);
  }
});
