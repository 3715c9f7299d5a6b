// An object store like Amazon S3, in memory. It computes the signature of each request itself, and refuses a request
// with another one.
import { createHash, createHmac } from "node:crypto";
import { serve } from "../support/http_server.ts";

/** Credentials that the store accepts. */
export const S3_ENV = {
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  AWS_REGION: "eu-central-1",
};

/** A running store. */
export interface S3Server extends AsyncDisposable {
  readonly url: string;
  /** Objects by bucket and key. */
  readonly objects: Map<string, Uint8Array<ArrayBuffer>>;
  /** Method and path of each request. */
  readonly requests: string[];
  /** Replaces what is done with a request; undefined leaves it to the store. */
  intercept: (request: string) => Response | undefined | Promise<Response | undefined>;
}

/** Objects of a page of a listing. */
const PAGE = 3;

/** Starts the store. */
export function startS3(): S3Server {
  const objects = new Map<string, Uint8Array<ArrayBuffer>>();
  const requests: string[] = [];
  const server = serve(async (request) => {
    const url = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    requests.push(`${request.method} ${url.pathname}`);
    const own = await store.intercept(requests.at(-1)!);
    if (own !== undefined) return own;
    if (!isSigned(request, url, body)) return refusal(403, "SignatureDoesNotMatch");
    const name = decodeURIComponent(url.pathname.slice(1));
    if (url.searchParams.has("list-type")) return list(objects, name, url.searchParams);
    const there = objects.get(name);
    switch (request.method) {
      case "PUT":
        if (there !== undefined && request.headers.get("if-none-match") === "*") {
          return refusal(412, "PreconditionFailed");
        }
        objects.set(name, body);
        return new Response(null, { status: 200 });
      case "DELETE":
        objects.delete(name);
        return new Response(null, { status: 204 });
      default:
        return there === undefined ? refusal(404, "NoSuchKey") : new Response(there);
    }
  });
  const store = Object.assign(server, {
    ...{ objects, requests },
    intercept: ((_request: string) => undefined) as S3Server["intercept"],
  });
  return store;
}

function refusal(status: number, code: string): Response {
  return new Response(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`, { status });
}

function list(
  objects: Map<string, Uint8Array>,
  bucket: string,
  query: URLSearchParams,
): Response {
  const prefix = query.get("prefix") ?? "";
  const after = query.get("continuation-token") ?? "";
  const keys = [...objects.keys()].map((name) => name.slice(bucket.replace(/\/$/, "").length + 1))
    .filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, PAGE);
  const contents = page.map((key) =>
    `<Contents><Key>${key}</Key><LastModified>${new Date().toISOString()}</LastModified>` +
    `<Size>${objects.get(`${bucket.replace(/\/$/, "")}/${key}`)!.length}</Size></Contents>`
  );
  const more = keys.length > PAGE
    ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>`
    : "";
  return new Response(`<ListBucketResult>${contents.join("")}${more}</ListBucketResult>`);
}

/** Whether a request is signed as Signature Version 4 prescribes. */
function isSigned(request: Request, url: URL, body: Uint8Array): boolean {
  const header = request.headers.get("authorization") ?? "";
  const [, id, scope, names, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/
      .exec(header) ?? [];
  if (id !== S3_ENV.AWS_ACCESS_KEY_ID) return false;
  const hash = createHash("sha256").update(body).digest("hex");
  if (request.headers.get("x-amz-content-sha256") !== hash) return false;
  const query = [...url.searchParams].map(([name, value]) =>
    `${encodeURIComponent(name)}=${encodeURIComponent(value)}`
  ).sort().join("&");
  const headers = names!.split(";").map((name) => {
    const value = name === "host" ? url.host : request.headers.get(name) ?? "";
    return `${name}:${value.trim()}\n`;
  });
  const canonical = [request.method, url.pathname, query, headers.join(""), names, hash].join("\n");
  const digest = createHash("sha256").update(canonical).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", request.headers.get("x-amz-date"), scope, digest].join("\n");
  const key = scope!.split("/").reduce<string | Uint8Array>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    `AWS4${S3_ENV.AWS_SECRET_ACCESS_KEY}`,
  );
  return createHmac("sha256", key).update(toSign).digest("hex") === signature;
}
