import { assert, assertEquals, assertRejects } from "@std/assert";
import { jwtVerify } from "jose";
import { createHash, createHmac, generateKeyPairSync } from "node:crypto";
import { jobSchema } from "../../../lib/config/schema/job_schema.ts";
import type { WireRequest } from "../../../lib/fetch/http/request.ts";
import { Signer } from "../../../lib/fetch/sign/signer.ts";
import { Failure } from "../../../lib/failure.ts";

const NOW = Date.UTC(2015, 7, 30, 12, 36, 0);

function signerOf(auth: Record<string, unknown>, secrets: Record<string, string>) {
  const issued: string[] = [];
  const job = jobSchema.parse({
    job: "test",
    source: { url: "https://api.test/v1", auth },
    tables: { things: { key: "id", columns: { id: "text" } } },
    streams: { things: { request: "/", rows: "things" } },
  });
  const context = { nowMs: NOW, nonces: 0 };
  const signer = new Signer(job.source.auth, job.source.url, {
    secret: (text) => text.replace(/\$\{(\w+)\}/g, (_, name) => secrets[name] ?? ""),
    wallNow: () => context.nowMs,
    nonce: () => `nonce${++context.nonces}`,
    onSecret: (token) => issued.push(token),
  });
  return { signer, issued, context };
}

const GET: WireRequest = {
  method: "GET",
  url: "https://api.test/v1/orders?symbol=A%20B&limit=5",
  headers: { accept: "application/json" },
};

Deno.test("Signer signs declared parts by HMAC, as Coinbase and OKX expect", async () => {
  const key = btoa("key of the account");
  const { signer } = signerOf({
    hmac: {
      secret: "${SECRET}",
      secret_encoding: "base64",
      message: "{timestamp}{method}{target}{body}",
      timestamp: "epoch",
      encoding: "base64",
      headers: { "X-TIMESTAMP": "{timestamp}", "X-SIGN": "{signature}", "X-KEY": "${KEY}" },
    },
  }, { SECRET: key, KEY: "k1" });
  const post = { ...GET, method: "POST", body: '{"a":1}' } as const;
  const { headers, url, body } = await signer.sign(post);
  const message = `1440938160POST/v1/orders?symbol=A%20B&limit=5{"a":1}`;
  assertEquals([url, body], [GET.url, '{"a":1}']);
  assertEquals(headers, {
    accept: "application/json",
    "x-timestamp": "1440938160",
    "x-key": "k1",
    "x-sign": createHmac("sha256", "key of the account").update(message).digest("base64"),
  });
});

Deno.test("Signer signs the query with the parameters that it adds, as Binance expects", async () => {
  // The example of Binance's documentation.
  const { signer, context } = signerOf({
    hmac: {
      secret: "${SECRET}",
      message: "{query}{body}",
      query: { timestamp: "{timestamp}", signature: "{signature}" },
    },
  }, { SECRET: "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j" });
  context.nowMs = 1499827319559;
  const query =
    "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000";
  const { url } = await signer.sign({ ...GET, url: `https://api.test/v1/order?${query}` });
  assertEquals(
    url,
    `https://api.test/v1/order?${query}&timestamp=1499827319559&signature=` +
      "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
  );
});

Deno.test("Signer sorts, hashes and encodes parts, and signs headers", async () => {
  const { signer } = signerOf({
    hmac: {
      secret: "${SECRET}",
      algorithm: "sha512",
      message:
        "{method|lower}\n{path|upper}\n{query|sorted}\n{body|sha256}\n{header.Accept}\n{nonce}",
      headers: { "X-Nonce": "{nonce}", "X-Sign": "{signature}" },
    },
  }, { SECRET: "s" });
  const { headers } = await signer.sign(GET);
  const empty = createHash("sha256").update("").digest("hex");
  const message = `get\n/V1/ORDERS\nlimit=5&symbol=A%20B\n${empty}\napplication/json\nnonce1`;
  assertEquals(headers["x-sign"], createHmac("sha512", "s").update(message).digest("hex"));
});

Deno.test("Signer signs for AWS, as in the example of its documentation", async () => {
  const { signer } = signerOf({
    aws: {
      access_key_id: "AKIDEXAMPLE",
      secret_access_key: "${AWS_SECRET}",
      region: "us-east-1",
      service: "iam",
    },
  }, { AWS_SECRET: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" });
  const { headers } = await signer.sign({
    method: "GET",
    url: "https://api.test/?Action=ListUsers&Version=2010-05-08",
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
  });
  assertEquals(headers["x-amz-date"], "20150830T123600Z");
  const signed = /Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})/
    .exec(headers.authorization!)!;
  assertEquals(signed[1], "AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request");
  assertEquals(signed[3], awsSignature(signed[2]!.split(";")));
});

/** The signature by the steps of AWS's documentation, independently of the library. */
function awsSignature(names: readonly string[]): string {
  const values: Readonly<Record<string, string>> = {
    host: "api.test",
    "x-amz-date": "20150830T123600Z",
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
  };
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const canonical = [
    "GET",
    "/",
    "Action=ListUsers&Version=2010-05-08",
    ...names.map((name) => `${name}:${values[name]}`),
    "",
    names.join(";"),
    hash(""),
  ].join("\n");
  const scope = "20150830/us-east-1/iam/aws4_request";
  const text = `AWS4-HMAC-SHA256\n20150830T123600Z\n${scope}\n${hash(canonical)}`;
  const key = scope.split("/").reduce<string | Uint8Array>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    "AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  );
  return createHmac("sha256", key).update(text).digest("hex");
}

Deno.test("Signer responds to a Digest challenge, as in the examples of RFC 7616", async () => {
  const { signer } = signerOf({ digest: { username: "Mufasa", password: "${PASSWORD}" } }, {
    PASSWORD: "Circle of Life",
  });
  const request = { ...GET, url: "https://api.test/dir/index.html" };
  assertEquals(await signer.sign(request), request);
  const challenge = (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const headers = new Headers({
    "www-authenticate": `${challenge("MD5")}, ${challenge("SHA-256")}`,
  });
  assert(signer.isChallenge(headers));
  // The same challenge again: the password is wrong.
  assert(!signer.isChallenge(headers));
  const { headers: { authorization } } = await signer.sign(request);
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const expected = hash(
    `${hash("Mufasa:http-auth@example.org:Circle of Life")}:` +
      "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v:00000001:nonce1:auth:" +
      hash("GET:/dir/index.html"),
  );
  assert(authorization?.includes(`response="${expected}"`), authorization);
  assert(authorization!.includes('algorithm=SHA-256, qop=auth, nc=00000001, cnonce="nonce1"'));
  const next = await signer.sign(request);
  assert(next.headers.authorization?.includes("nc=00000002"));
});

Deno.test("Signer sends a token that is signed with the account's key, until shortly before it expires", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const { signer, issued, context } = signerOf({
    jwt: {
      key: "${KEY}",
      key_id: "k1",
      claims: { iss: "${ACCOUNT}", aud: "https://api.test" },
      lifetime: "10m",
    },
  }, { KEY: pem.replaceAll("\n", "\\n"), ACCOUNT: "me@project" });
  const first = await signer.sign(GET);
  const token = first.headers.authorization!.replace("Bearer ", "");
  const verified = await jwtVerify(token, publicKey, { currentDate: new Date(NOW) });
  assertEquals(verified.payload, {
    iss: "me@project",
    aud: "https://api.test",
    iat: NOW / 1000,
    exp: NOW / 1000 + 600,
  });
  assertEquals(verified.protectedHeader, { alg: "RS256", typ: "JWT", kid: "k1" });
  context.nowMs += 539_999;
  assertEquals((await signer.sign(GET)).headers, first.headers);
  context.nowMs += 1;
  assert((await signer.sign(GET)).headers.authorization !== first.headers.authorization);
  assertEquals(issued.length, 2);
});

Deno.test("Signer says what to do with a key that is not in PKCS#8", async () => {
  const { signer } = signerOf({ jwt: { key: "${KEY}" } }, { KEY: "private words" });
  const failure = await assertRejects(() => signer.sign(GET), Failure);
  assertEquals(failure.kind, "configuration");
  assert(!failure.message.includes("private words"));
  assert(failure.hint?.includes("openssl pkcs8"));
});

Deno.test("Signer does not change requests to other origins", async () => {
  const { signer } = signerOf({
    hmac: { secret: "${S}", message: "{url}", headers: { "X-Sign": "{signature}" } },
  }, { S: "s" });
  const other = { ...GET, url: "https://elsewhere.test/v1/orders" };
  assertEquals(await signer.sign(other), other);
});
