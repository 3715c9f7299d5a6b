import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Auth } from "../../../lib/config/schema/job_schema.ts";
import type { HttpResponse } from "../../../lib/fetch/http/http.ts";
import { oauth2Issuer, TokenCache } from "../../../lib/fetch/http/oauth2.ts";
import type { WireRequest } from "../../../lib/fetch/http/request.ts";
import { Failure } from "../../../lib/failure.ts";

type OAuth2 = NonNullable<Auth["oauth2"]>;

const SPEC: OAuth2 = {
  token_url: "https://auth.test/token",
  client_id: "${ID}",
  client_secret: "${SECRET}",
  scope: "read write",
  send: "header",
  form: { audience: "api" },
};
const SECRETS: Readonly<Record<string, string>> = {
  "${ID}": "me",
  "${SECRET}": "p:w d",
  "${REFRESH}": "r3",
};

/** A cache whose server issues numbered tokens. */
function setup(spec: Partial<OAuth2> = {}, answer: (at: number) => unknown = (at) => ({
  access_token: `token-${at}`,
  expires_in: 3600,
}), status = 200) {
  const sent: WireRequest[] = [];
  const context = { nowMs: 0, sent, hidden: [] as string[] };
  const keeper = new TokenCache(oauth2Issuer({ ...SPEC, ...spec }), {
    secret: (text) => SECRETS[text] ?? text,
    send: async (request): Promise<HttpResponse> => {
      sent.push(request);
      await Promise.resolve();
      const body = new TextEncoder().encode(JSON.stringify(answer(sent.length)));
      return { status, headers: new Headers(), body, ms: 1 };
    },
    now: () => context.nowMs,
    onToken: (token) => context.hidden.push(token),
    signal: new AbortController().signal,
  });
  return { context, keeper };
}

Deno.test("TokenCache sends id and secret in a Basic header", async () => {
  const { keeper, context: { sent } } = setup();
  assertEquals(await keeper.take(), "token-1");
  assertEquals(sent[0]?.method, "POST");
  assertEquals(sent[0]?.headers.authorization, `Basic ${btoa("me:p%3Aw+d")}`);
  assertEquals(sent[0]?.body, "grant_type=client_credentials&scope=read+write&audience=api");
});

Deno.test("TokenCache sends id and secret in the form when the job declares it", async () => {
  const { keeper, context: { sent } } = setup({
    send: "body",
    scope: undefined as never,
    form: {},
  });
  await keeper.take();
  assertEquals(sent[0]?.headers.authorization, undefined);
  assertEquals(sent[0]?.body, "grant_type=client_credentials&client_id=me&client_secret=p%3Aw+d");
});

Deno.test("TokenCache lets the declared form fields override its own, and resolves their variables", async () => {
  const form = { grant_type: "refresh_token", refresh_token: "${REFRESH}" };
  const { keeper, context: { sent } } = setup({ scope: undefined as never, form });
  await keeper.take();
  assertEquals(sent[0]?.body, "grant_type=refresh_token&refresh_token=r3");
});

Deno.test("TokenCache uses a token until shortly before it expires", async () => {
  const { keeper, context } = setup();
  await keeper.take();
  context.nowMs = 3_539_999;
  assertEquals(await keeper.take(), "token-1");
  context.nowMs = 3_540_000;
  assertEquals(await keeper.take(), "token-2");
  assertEquals(context.hidden, ["token-1", "token-2"]);
});

Deno.test("TokenCache uses a short-lived token for nine tenths of its lifetime, and one without lifetime until refused", async () => {
  const short = setup({}, (at) => ({ access_token: `token-${at}`, expires_in: "10" }));
  await short.keeper.take();
  short.context.nowMs = 8_999;
  assertEquals(await short.keeper.take(), "token-1");
  short.context.nowMs = 9_000;
  assertEquals(await short.keeper.take(), "token-2");
  const endless = setup({}, (at) => ({ access_token: `token-${at}` }));
  await endless.keeper.take();
  endless.context.nowMs = 1e15;
  assertEquals(await endless.keeper.take(), "token-1");
});

Deno.test("TokenCache sends one request for all waiting callers", async () => {
  const { keeper, context } = setup();
  const tokens = await Promise.all([keeper.take(), keeper.take(), keeper.take()]);
  assertEquals(tokens, ["token-1", "token-1", "token-1"]);
  assertEquals(context.sent.length, 1);
});

Deno.test("TokenCache.drop() drops a token but not a newer one", async () => {
  const { keeper } = setup();
  await keeper.take();
  keeper.drop("token-1");
  assertEquals(await keeper.take(), "token-2");
  keeper.drop("token-1");
  assertEquals(await keeper.take(), "token-2");
});

Deno.test("TokenCache throws refused and names the variables when the server issues no token", async () => {
  const answers: [unknown, number, string][] = [
    [{ error: "invalid_client" }, 401, 'the server responded with status 401, "invalid_client"'],
    [{ access_token: "" }, 200, "the response contains no access_token"],
    [[], 200, "the response contains no access_token"],
  ];
  for (const [body, status, reason] of answers) {
    const { keeper } = setup({}, () => body, status);
    const failure = await assertRejects(() => keeper.take(), Failure);
    assertEquals(failure.kind, "refused");
    assertEquals(failure.message, `Cannot get a token from auth.test: ${reason}`);
    assert(failure.hint?.startsWith("Check ID and SECRET"), failure.hint);
  }
});

Deno.test("TokenCache requests again after a failed request", async () => {
  const { keeper } = setup({}, (at) => at === 1 ? {} : { access_token: "token" });
  await assertRejects(() => keeper.take(), Failure);
  assertEquals(await keeper.take(), "token");
});
