import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  authVariables,
  credentialsHint,
  credentialsOf,
  withCredentials,
  withoutCredentials,
} from "../../../lib/fetch/http/auth.ts";
import type { WireRequest } from "../../../lib/fetch/http/request.ts";
import { Failure } from "../../../lib/failure.ts";

const values: Record<string, string> = {
  "${U}": "user",
  "${P}": "pä:ss",
  "${K}": "k/1",
  "${E:-}": "",
};
const secret = (text: string) => values[text] ?? text;
const request: WireRequest = {
  method: "GET",
  url: "https://api.test/x?a=1",
  headers: { accept: "*/*" },
};

function sent(auth: Parameters<typeof credentialsOf>[0]): WireRequest {
  return withCredentials(request, credentialsOf(auth, secret), "https://api.test/base");
}

Deno.test("credentialsOf() encodes HTTP Basic as UTF-8", () => {
  const { headers } = sent({ basic: { username: "${U}", password: "${P}" } });
  assertEquals(headers.authorization, "Basic dXNlcjpww6Q6c3M=");
});

Deno.test("credentialsOf() sends a bearer token, and none when it is empty", () => {
  assertEquals(sent({ bearer: "${K}" }).headers.authorization, "Bearer k/1");
  assertEquals(sent({ bearer: "${E:-}" }), request);
});

Deno.test("credentialsOf() sends keys in headers and in the query", () => {
  const { headers, url } = sent({
    header: { "X-Key": "${K}" },
    query: { key: "${K}", e: "${E:-}" },
  });
  assertEquals(headers["x-key"], "k/1");
  assertEquals(url, "https://api.test/x?a=1&key=k%2F1");
});

Deno.test("credentialsOf() sends nothing when the job has no auth", () => {
  assertEquals(sent(undefined), request);
});

Deno.test("credentialsOf() refuses a secret that a header cannot contain, without revealing it", () => {
  for (const bad of ["tok\nen", "tok’en"]) {
    const error = assertThrows(() => credentialsOf({ bearer: "${X}" }, () => bad), Failure);
    assertEquals(error.kind, "configuration");
    assert(!`${error.message} ${error.hint}`.includes(bad));
  }
});

Deno.test("withCredentials() does not change requests to other origins", () => {
  const credentials = credentialsOf({ bearer: "${K}", query: { key: "${K}" } }, secret);
  for (const url of ["https://evil.test/x", "https://api.test:444/x", "http://api.test/x"]) {
    const other = { ...request, url };
    assertEquals(withCredentials(other, credentials, "https://api.test"), other);
  }
});

Deno.test("withCredentials() adds credentials when the API moves from http to https on the same host", () => {
  const credentials = credentialsOf({ bearer: "${K}" }, secret);
  const { headers } = withCredentials(request, credentials, "http://api.test");
  assertEquals(headers.authorization, "Bearer k/1");
});

Deno.test("withoutCredentials() removes keys from a URL and nothing else", () => {
  const auth = { query: { key: "${K}" } };
  assertEquals(withoutCredentials("https://a.test/?x=a+b&key=1", auth), "https://a.test/?x=a+b");
  assertEquals(withoutCredentials("https://a.test/?x=%20", auth), "https://a.test/?x=%20");
});

Deno.test("credentialsHint() names the variables from which the credentials are read", () => {
  const auth = { basic: { username: "${API_USER}", password: "${API_PASS:-}" } };
  assertEquals(authVariables(auth), ["API_USER", "API_PASS"]);
  assert(credentialsHint(auth).startsWith("Check API_USER and API_PASS in .env.local"));
  assert(credentialsHint(undefined).startsWith("Declare the credentials"));
});
