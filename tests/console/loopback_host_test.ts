import { assertEquals } from "@std/assert";
import { isLoopbackHost } from "../../lib/console/loopback_host.ts";

Deno.test("isLoopbackHost() accepts this machine and refuses what a foreign page would send", () => {
  for (const host of ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"]) {
    assertEquals(isLoopbackHost(host), true, host);
  }
  const foreign = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8000",
    "",
    null,
  ];
  for (const host of foreign) assertEquals(isLoopbackHost(host), false, String(host));
});
