import { assert, assertEquals } from "@std/assert";
import { sealOf } from "../../lib/fetch/http/sealed_tokens.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { TokenTable } from "../../lib/upsert/token_table.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";

const [ACCOUNT, ME, OTHER] = ["a".repeat(64), crypto.randomUUID(), crypto.randomUUID()];

for (const kind of ["postgres", "pglite"] as const) {
  Deno.test(`TokenTable lets one process refresh at a time, and takes over from a dead one, in ${kind}`, async () => {
    await using folder = tempDir();
    const url = kind === "pglite"
      ? `pglite:${folder.file("db")}`
      : await (await sharedPostgres()).createDatabase();
    await using target = await openTarget(url);
    const tables = [new TokenTable(target), new TokenTable(target)];
    const claims = await Promise.all(
      [ME, OTHER].map((holder, at) => tables[at]!.claim(ACCOUNT, holder, 60_000)),
    );
    assertEquals(claims.filter((claim) => claim !== undefined).map(({ sealed }) => sealed), [null]);
    const [mine, theirs] = claims[0] === undefined ? [OTHER, ME] : [ME, OTHER];
    const table = tables[0]!;
    assert(await table.claim(ACCOUNT, mine, 60_000), "a claim is renewed");
    await table.keep(ACCOUNT, mine, "one", null);
    assertEquals((await table.claim(ACCOUNT, theirs, 0))?.sealed, "one");
    // Its lease is over, so the other takes over; what the first keeps later does not replace newer tokens.
    assertEquals((await table.claim(ACCOUNT, mine, 60_000))?.sealed, "one");
    await table.keep(ACCOUNT, mine, "two", "one");
    await table.keep(ACCOUNT, theirs, "late", "one");
    assertEquals((await table.claim(ACCOUNT, theirs, 60_000))?.sealed, "two");
    await table.release(ACCOUNT, theirs);
    assertEquals((await table.claim(ACCOUNT, mine, 60_000))?.sealed, "two");
  });
}

Deno.test("sealOf() opens what it has sealed, with the same refresh token only", () => {
  const tokens = { refreshToken: "r2", accessToken: "a2", staleAtMs: 12.5 };
  const seal = sealOf("https://auth.test/token", "me", "r1");
  const sealed = seal.seal(tokens);
  assertEquals(seal.open(sealed), tokens);
  assertEquals(sealOf("https://auth.test/token", "me", "r1").open(sealed), tokens);
  assert(sealed !== seal.seal(tokens));
  const others = [
    sealOf("https://auth.test/token", "me", "r0"),
    sealOf("https://auth.test/token", "you", "r1"),
  ];
  for (const other of others) {
    assertEquals(other.open(sealed), undefined);
    assert(other.account !== seal.account);
  }
  assertEquals([seal.open("?"), seal.open(sealed.slice(8))], [undefined, undefined]);
});
