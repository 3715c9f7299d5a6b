// Owns HTTP Digest (RFC 7616): the first request is refused with a challenge, and all later ones carry a
// response to it, until the server replaces the challenge.
import { createHash } from "node:crypto";
import type { BasicAuth } from "../../config/job/auth.ts";
import type { WireRequest } from "../http/request.ts";
import type { SignerDependencies } from "./sign.ts";

const HASHES: Readonly<Record<string, string>> = {
  "MD5": "md5",
  "SHA-256": "sha256",
  "SHA-512-256": "sha512-256",
};

/** A challenge of the server. */
interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** Name of the algorithm, without "-sess". */
  readonly algorithm: string;
  /** Whether the session key depends on the client's nonce. */
  readonly isSession: boolean;
  /** Whether the server supports `qop=auth`. */
  readonly hasQop: boolean;
}

/** Answers the challenges of one server. */
export class DigestSigner {
  readonly #spec: BasicAuth;
  readonly #with: SignerDependencies;
  #challenge: Challenge | undefined;
  #count = 0;

  /** Creates a signer that knows no challenge yet. */
  constructor(spec: BasicAuth, dependencies: SignerDependencies) {
    this.#spec = spec;
    this.#with = dependencies;
  }

  /** Takes the challenge of a response with status 401; false if there is none that can be met, or it is the one just used. */
  isChallenge(headers: Headers): boolean {
    const challenge = challengeOf(headers.get("www-authenticate") ?? "");
    if (challenge === undefined || challenge.nonce === this.#challenge?.nonce) return false;
    this.#challenge = challenge;
    this.#count = 0;
    return true;
  }

  /** Adds the response to the challenge; without a challenge the request is sent unchanged. */
  sign = (request: WireRequest): Promise<WireRequest> => {
    const challenge = this.#challenge;
    if (challenge === undefined) return Promise.resolve(request);
    const headers = { ...request.headers, authorization: this.#response(request, challenge) };
    return Promise.resolve({ ...request, headers });
  };

  #response({ method, url }: WireRequest, challenge: Challenge): string {
    const { secret, nonce: newNonce } = this.#with;
    const { realm, nonce, opaque, algorithm, isSession, hasQop } = challenge;
    const hash = (text: string) => createHash(HASHES[algorithm]!).update(text).digest("hex");
    const [username, password] = [secret(this.#spec.username), secret(this.#spec.password)];
    const { pathname, search } = new URL(url);
    const uri = pathname + search;
    const cnonce = newNonce();
    const nc = (++this.#count).toString(16).padStart(8, "0");
    const base = hash(`${username}:${realm}:${password}`);
    const key = isSession ? hash(`${base}:${nonce}:${cnonce}`) : base;
    const target = hash(`${method}:${uri}`);
    const response = hash(
      hasQop ? `${key}:${nonce}:${nc}:${cnonce}:auth:${target}` : `${key}:${nonce}:${target}`,
    );
    const quoted = {
      username,
      realm,
      nonce,
      uri,
      response,
      ...opaque === undefined ? {} : { opaque },
    };
    return `Digest ${
      [
        ...Object.entries(quoted).map(([name, value]) => `${name}="${escaped(value)}"`),
        `algorithm=${algorithm}${isSession ? "-sess" : ""}`,
        ...hasQop ? ["qop=auth", `nc=${nc}`, `cnonce="${cnonce}"`] : [],
      ].join(", ")
    }`;
  }
}

function escaped(text: string): string {
  return text.replace(/["\\]/g, "\\$&");
}

/** The strongest challenge of the header that can be met. */
function challengeOf(header: string): Challenge | undefined {
  const challenges = header.split(/(?=\bDigest\s)/i).filter((part) => /^Digest\s/i.test(part))
    .map(parsedChallenge).filter((challenge) => challenge !== undefined);
  const strength = ({ algorithm }: Challenge) => Object.keys(HASHES).indexOf(algorithm);
  return challenges.toSorted((a, b) => strength(b) - strength(a))[0];
}

function parsedChallenge(text: string): Challenge | undefined {
  const fields = new Map<string, string>();
  for (
    const [, name, quoted, token] of text.matchAll(
      /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g,
    )
  ) {
    fields.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? token ?? "");
  }
  const [, algorithm = "", session] =
    /^(MD5|SHA-256|SHA-512-256)(-sess)?$/i.exec(fields.get("algorithm") ?? "MD5") ?? [];
  const [nonce, qop] = [fields.get("nonce"), fields.get("qop")];
  const hasQop = qop?.split(",").some((part) => part.trim().toLowerCase() === "auth") ?? false;
  if (nonce === undefined || algorithm === "" || qop !== undefined && !hasQop) return undefined;
  return {
    realm: fields.get("realm") ?? "",
    nonce,
    opaque: fields.get("opaque"),
    algorithm: algorithm.toUpperCase(),
    isSession: session !== undefined,
    hasQop,
  };
}
