// Owns the OAuth2 access token (client credentials or a refresh token, RFC 6749, sections 4.4 and 6): fetched when
// first needed, cached, and fetched again shortly before it expires or after the API refused it. Invariant: however
// many requests wait for a token, a single request fetches it.
import { envReferences } from "../../config/yaml/env.ts";
import type { Auth, OAuth2 } from "../../config/job/auth.ts";
import { Failure } from "../../failure.ts";
import { basicPair, credentialsHint } from "./auth.ts";
import { encodeBase64 } from "../../report/text/base64.ts";
import { errorExcerpt } from "./error_excerpt.ts";
import type { HttpResponse } from "./http.ts";
import type { AccessToken, IssuedTokens, RefreshedTokens } from "./refreshed_tokens.ts";
import type { WireRequest } from "./request.ts";

/** How tokens are requested and read. */
export interface TokenIssuer {
  /** The request for a token. */
  request(
    secret: (text: string) => string,
    refreshToken: string | undefined,
  ): WireRequest | Promise<WireRequest>;
  /** The tokens of a response; throws a Failure of kind `refused` where there are none. */
  read(response: HttpResponse): IssuedTokens;
}

/** Requests tokens as OAuth2 declares. */
export function oauth2Issuer(spec: OAuth2): TokenIssuer {
  return {
    request: (secret, refreshToken) => tokenRequest(spec, secret, refreshToken),
    read: (response) => readTokens(response, spec),
  };
}

/** Dependencies of the token cache. */
interface TokenDependencies {
  /** Resolves `${NAME}` in a string. */
  readonly secret: (text: string) => string;
  /** Sends a request, retries it where appropriate, and returns the last response. */
  readonly send: (request: WireRequest) => Promise<HttpResponse>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Called with each new token, so that it can be masked. */
  readonly onToken: (token: string) => void;
  /** The tokens of an account with a refresh token; undefined for client credentials. */
  readonly refreshed?: RefreshedTokens | undefined;
  /** Ends the wait for another process that refreshes the token. */
  readonly signal: AbortSignal;
}

interface Token {
  readonly text: string;
  /** When it must be fetched again, in monotonic milliseconds. */
  readonly staleAt: number;
}

/** Longest part of a token's lifetime that is not used, for clock differences and requests in flight. */
const MARGIN_MS = 60_000;

/** Caches the access token of one API. */
export class TokenCache {
  readonly #issuer: TokenIssuer;
  readonly #with: TokenDependencies;
  #token: Token | undefined;
  #pending: Promise<Token> | undefined;
  #refused: string | undefined;

  /** Creates an empty cache. */
  constructor(issuer: TokenIssuer, dependencies: TokenDependencies) {
    this.#issuer = issuer;
    this.#with = dependencies;
  }

  /**
   * A token that is valid as far as is known.
   *
   * @throws Failure("refused") where the authorization server issues none.
   */
  async take(): Promise<string> {
    if (this.#token !== undefined && this.#with.now() < this.#token.staleAt) {
      return this.#token.text;
    }
    this.#pending ??= this.#fetch().finally(() => this.#pending = undefined);
    this.#token = await this.#pending;
    return this.#token.text;
  }

  /** Drops a token that the API refused; a newer one is kept. */
  drop(text: string): void {
    if (this.#token?.text !== text) return;
    this.#token = undefined;
    this.#refused = text;
  }

  /** Resolves when no request for a token is under way: one that ends unread may have used up a refresh token. */
  async settled(): Promise<void> {
    await this.#pending?.catch(() => {});
  }

  async #fetch(): Promise<Token> {
    const requestedAt = this.#with.now();
    const { text, usableMs } = await this.#newest();
    return { text, staleAt: requestedAt + usableMs };
  }

  #newest(): Promise<AccessToken> {
    const { refreshed, signal } = this.#with;
    if (refreshed === undefined) return this.#issue(undefined);
    return refreshed.take(this.#refused, (refreshToken) => this.#issue(refreshToken), signal);
  }

  async #issue(refreshToken: string | undefined): Promise<IssuedTokens> {
    const request = await this.#issuer.request(this.#with.secret, refreshToken);
    const issued = this.#issuer.read(await this.#with.send(request));
    for (const token of [issued.refreshToken, issued.text]) {
      if (token !== undefined) this.#with.onToken(token);
    }
    return issued;
  }
}

/** How long a token is used, in milliseconds; one without a stated lifetime is used until it is refused. */
export function usableMs(expiresInS: number | undefined): number {
  if (expiresInS === undefined) return Infinity;
  const lifeMs = expiresInS * 1000;
  return lifeMs - Math.min(MARGIN_MS, lifeMs / 10);
}

function tokenRequest(
  spec: OAuth2,
  secret: (text: string) => string,
  refreshToken: string | undefined,
): WireRequest {
  const [id, key] = [secret(spec.client_id), secret(spec.client_secret)];
  const grant = refreshToken === undefined ? "client_credentials" : "refresh_token";
  const form = new URLSearchParams({ grant_type: grant });
  if (spec.scope !== undefined) form.set("scope", spec.scope);
  for (const [name, text] of Object.entries(spec.form)) form.set(name, secret(text));
  if (refreshToken !== undefined) form.set("refresh_token", refreshToken);
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

function readTokens(response: HttpResponse, spec: OAuth2): IssuedTokens {
  const refuse = (reason: string) => {
    const message = `Cannot get a token from ${new URL(spec.token_url).host}: ${reason}`;
    return new Failure("refused", message, { hint: hintFor(spec) });
  };
  if (response.status !== 200) {
    const excerpt = errorExcerpt(response.body, response.headers.get("content-type"));
    throw refuse(
      `the server responded with status ${response.status}${
        excerpt === "" ? "" : `, "${excerpt}"`
      }`,
    );
  }
  const body = parsed(response.body);
  const token = body?.access_token;
  if (typeof token !== "string" || token === "") {
    throw refuse("the response contains no access_token");
  }
  const seconds = Number(body?.expires_in);
  const next = body?.refresh_token;
  return {
    text: token,
    usableMs: usableMs(seconds > 0 ? seconds : undefined),
    refreshToken: typeof next === "string" && next !== "" ? next : undefined,
  };
}

/** A refresh token that was used elsewhere can only be replaced by the user. */
function hintFor(spec: OAuth2): string {
  const text = refreshTokenOf(spec);
  if (text === undefined) return credentialsHint({ oauth2: spec });
  const name = envReferences(text)[0]?.name ?? "refresh_token";
  return `If the refresh token has expired or was used elsewhere, authorize again and set ${name} to the new one`;
}

/** The refresh token of the job, unresolved; it may be declared as a field of the form. */
export function refreshTokenOf(spec: Auth["oauth2"]): string | undefined {
  return spec?.refresh_token ?? spec?.form.refresh_token;
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
