// Owns the token of OAuth2 client credentials (RFC 6749, section 4.4): fetched when first needed, kept,
// fetched again a little before it expires and after the source refused it. Invariant: however many
// requests wait for a token, one request fetches it.
import type { Auth } from "../../config/schema/job_schema.ts";
import { Failure } from "../../failure.ts";
import { basicPair, credentialsHint } from "./auth.ts";
import { encodeBase64 } from "../../report/text/base64.ts";
import { errorExcerpt } from "./error_excerpt.ts";
import type { HttpResponse } from "./http.ts";
import type { WireRequest } from "./request.ts";

type OAuth2 = NonNullable<Auth["oauth2"]>;

/** What the keeper needs of its dependencies. */
export interface TokenSurroundings {
  /** Value of a text with `${NAME}`. */
  readonly secret: (text: string) => string;
  /** Sends a request, tries again where that is worth it, and gives the last answer. */
  readonly send: (request: WireRequest) => Promise<HttpResponse>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Told of each new token, so that it can be masked. */
  readonly onToken: (token: string) => void;
}

interface Token {
  readonly text: string;
  /** When it is to be fetched anew, in monotonic milliseconds. */
  readonly staleAt: number;
}

/** Most of a token's life that is left unused, for clocks that differ and requests under way. */
const MARGIN_MS = 60_000;

/** Keeps the token of one source. */
export class TokenKeeper {
  readonly #spec: OAuth2;
  readonly #with: TokenSurroundings;
  #token: Token | undefined;
  #pending: Promise<Token> | undefined;

  /** A keeper without a token. */
  constructor(spec: OAuth2, dependencies: TokenSurroundings) {
    this.#spec = spec;
    this.#with = dependencies;
  }

  /**
   * A token that is good as far as is known.
   *
   * @throws Failure("refused") where the provider gives none.
   */
  async take(): Promise<string> {
    if (this.#token !== undefined && this.#with.now() < this.#token.staleAt) {
      return this.#token.text;
    }
    this.#pending ??= this.#fetch().finally(() => this.#pending = undefined);
    this.#token = await this.#pending;
    return this.#token.text;
  }

  /** Forgets a token that the source refused; a newer one stays. */
  drop(text: string): void {
    if (this.#token?.text === text) this.#token = undefined;
  }

  async #fetch(): Promise<Token> {
    const askedAt = this.#with.now();
    const answer = await this.#with.send(tokenRequest(this.#spec, this.#with.secret));
    const { text, expiresInS } = readToken(answer, this.#spec);
    this.#with.onToken(text);
    return { text, staleAt: askedAt + usableMs(expiresInS) };
  }
}

/** A token without a stated life is kept until it is refused. */
function usableMs(expiresInS: number | undefined): number {
  if (expiresInS === undefined) return Infinity;
  const lifeMs = expiresInS * 1000;
  return lifeMs - Math.min(MARGIN_MS, lifeMs / 10);
}

function tokenRequest(spec: OAuth2, secret: (text: string) => string): WireRequest {
  const [id, key] = [secret(spec.client_id), secret(spec.client_secret)];
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (spec.scope !== undefined) form.set("scope", spec.scope);
  for (const [name, text] of Object.entries(spec.form)) form.set(name, secret(text));
  const headers: Record<string, string> = {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
  };
  if (spec.send === "header") {
    headers.authorization = `Basic ${encodeBase64(basicPair(formEncoded(id), formEncoded(key)))}`;
  } else {
    form.set("client_id", id);
    form.set("client_secret", key);
  }
  return { method: "POST", url: spec.token_url, headers, body: form.toString() };
}

/** RFC 6749, section 2.3.1: id and secret are form-encoded before they go into the Basic header. */
function formEncoded(text: string): string {
  return new URLSearchParams({ v: text }).toString().slice(2);
}

function readToken(
  answer: HttpResponse,
  spec: OAuth2,
): { text: string; expiresInS: number | undefined } {
  const refuse = (reason: string) => {
    const message = `Cannot get a token from ${new URL(spec.token_url).host}: ${reason}`;
    return new Failure("refused", message, { hint: credentialsHint({ oauth2: spec }) });
  };
  if (answer.status !== 200) {
    const excerpt = errorExcerpt(answer.body, answer.headers.get("content-type"));
    throw refuse(`it answered ${answer.status}${excerpt === "" ? "" : `, "${excerpt}"`}`);
  }
  const body = parsed(answer.body);
  const token = body?.access_token;
  if (typeof token !== "string" || token === "") throw refuse("the answer holds no access_token");
  const seconds = Number(body?.expires_in);
  return { text: token, expiresInS: seconds > 0 ? seconds : undefined };
}

function parsed(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === "object" && value !== null
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}
