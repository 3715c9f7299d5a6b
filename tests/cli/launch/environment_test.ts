import { assertEquals } from "@std/assert";
import { childEnvironment } from "../../../lib/cli/launch/environment.ts";

Deno.test("childEnvironment() passes what was granted and what Deno and the system require, no more", () => {
  const env = {
    PATH: "/bin",
    HOME: "/home/me",
    LC_ALL: "C",
    https_proxy: "http://proxy:3128",
    DENO_CERT: "/ca.pem",
    API_TOKEN: "granted",
    AWS_SECRET_ACCESS_KEY: "no",
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector",
    DENO_KV_ACCESS_TOKEN: "no",
    LD_PRELOAD: "no",
  };
  assertEquals(childEnvironment(env, ["API_TOKEN", "NOT_SET"]), {
    PATH: "/bin",
    HOME: "/home/me",
    LC_ALL: "C",
    https_proxy: "http://proxy:3128",
    DENO_CERT: "/ca.pem",
    API_TOKEN: "granted",
  });
});
