// Owns the credentials of one open API, those of the job and the OAuth2 token, and therefore the list of
// secrets to mask. Invariant: every secret is masked before it is first sent.
import type { Env } from "../../config/yaml/env.ts";
import type { Auth } from "../../config/schema/job_schema.ts";
import type { Job } from "../../config/schema/job.ts";
import { readSecret, secretValues } from "../../config/schema/secret.ts";
import { Failure } from "../../failure.ts";
import { type Mask, maskSecrets } from "../../report/text/mask.ts";
import { bearer, type Credential, credentialsOf } from "./auth.ts";
import type { HttpResponse } from "./http.ts";
import { refreshTokenOf, TokenCache } from "./oauth2.ts";
import { RefreshedTokens } from "./refreshed_tokens.ts";
import { memoryTokenStore, type TokenStore } from "./token_store.ts";
import type { Clock } from "../rate/clock.ts";
import type { WireRequest } from "./request.ts";

type OAuth2 = NonNullable<Auth["oauth2"]>;

/** Sends the request that fetches a token. */
type TokenSender = (request: WireRequest) => Promise<HttpResponse>;

/** Dependencies of the credentials. */
interface CredentialsDependencies {
  /** Looks up the variables that hold secrets. */
  readonly env: Env;
  /** Monotonic clock. */
  readonly clock: Clock;
  /** Where refreshed tokens are kept; undefined where there is no such place. */
  readonly tokenStore: TokenStore | undefined;
  /** Ends the wait for another process that refreshes the token. */
  readonly signal: AbortSignal;
  /** Sends the request that fetches a token. */
  readonly send: TokenSender;
  /** Receives each token, before it is sent. */
  readonly onSecret: (value: string) => void;
}

/** The credentials of one open API. */
export class Credentials {
  readonly #credentials: readonly Credential[];
  readonly #secrets: string[];
  readonly #tokens: TokenCache | undefined;
  #mask: Mask;

  /**
   * Reads the secrets of a job; sends nothing.
   *
   * @throws Failure("configuration") where a variable is not set.
   */
  constructor(job: Job, dependencies: CredentialsDependencies) {
    const { auth } = job.source;
    const secret = (text: string) => readSecret(text, dependencies.env);
    this.#credentials = credentialsOf(auth, secret);
    this.#secrets = [
      ...secretValues(job, dependencies.env),
      ...this.#credentials.map(({ value }) => value),
    ];
    this.#mask = maskSecrets(this.#secrets);
    const onToken = (token: string) => {
      this.#hide(token);
      dependencies.onSecret(token);
    };
    this.#tokens = auth?.oauth2 && new TokenCache(auth.oauth2, {
      ...{ secret, onToken, signal: dependencies.signal, send: dependencies.send },
      now: dependencies.clock.now,
      refreshed: refreshedTokens(auth.oauth2, secret, { ...dependencies, onToken }),
    });
  }

  /**
   * The credentials for the next request; fetches a token where one is required.
   *
   * @throws {Failure} where no token can be had; secrets that the server echoes are masked.
   */
  async take(): Promise<readonly Credential[]> {
    if (this.#tokens === undefined) return this.#credentials;
    try {
      return [bearer(await this.#tokens.take()), ...this.#credentials];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(error.kind, this.mask(error.message), { hint: error.hint });
    }
  }

  /** Whether new credentials may help after the API refused these; true only for a token. */
  renew(refused: readonly Credential[]): boolean {
    const token = refused.find(({ scheme }) => scheme === "Bearer")?.value;
    if (this.#tokens === undefined || token === undefined) return false;
    this.#tokens.drop(token);
    return true;
  }

  /** Resolves when no request for a token is under way. */
  async settled(): Promise<void> {
    await this.#tokens?.settled();
  }

  /** Replaces the secrets in a text. */
  mask(text: string): string {
    return this.#mask(text);
  }

  /** Old tokens remain masked: they may still be valid. */
  #hide(token: string): void {
    this.#secrets.push(token);
    this.#mask = maskSecrets(this.#secrets);
  }
}

/** The tokens of an account with a refresh token; undefined where the job declares none. */
function refreshedTokens(
  spec: OAuth2,
  secret: (text: string) => string,
  { tokenStore: store, clock, onToken }: {
    readonly tokenStore: TokenStore | undefined;
    readonly clock: Clock;
    readonly onToken: (token: string) => void;
  },
): RefreshedTokens | undefined {
  const text = refreshTokenOf(spec);
  if (text === undefined) return undefined;
  const [refreshToken, clientId] = [secret(text), secret(spec.client_id)];
  if (refreshToken === "") return undefined;
  const { token_url: tokenUrl } = spec;
  return new RefreshedTokens({
    tokenUrl,
    clientId,
    refreshToken,
    store: store ?? memoryTokenStore(clock.now),
    clock,
    onToken,
  });
}
