// Owns the credentials of one open API, those of the job and the OAuth2 token, and therefore the list of
// secrets to mask. Invariant: every secret is masked before it is first sent.
import type { Env } from "../../config/yaml/env.ts";
import type { Auth } from "../../config/schema/job_schema.ts";
import type { Job } from "../../config/schema/job.ts";
import { readSecret, secretValues } from "../../config/schema/secret.ts";
import { Failure } from "../../failure.ts";
import { type Mask, maskSecrets } from "../../report/text/mask.ts";
import { bearer, type Credential, credentialsOf, headerCredential } from "./auth.ts";
import type { HttpResponse } from "./http.ts";
import { assertionIssuer, loginIssuer } from "./login.ts";
import { oauth2Issuer, refreshTokenOf, TokenCache, type TokenIssuer } from "./oauth2.ts";
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
  /** Signs a token that is exchanged for an access token; called where the job declares such a token. */
  readonly assertion: () => Promise<string>;
  /** Receives each token, before it is sent. */
  readonly onSecret: (value: string) => void;
}

/** The credentials of one open API. */
export class Credentials {
  readonly #credentials: readonly Credential[];
  readonly #secrets: string[];
  readonly #tokens: TokenCache | undefined;
  /** Headers in which a token of a login is sent. */
  readonly #send: Readonly<Record<string, string>> | undefined;
  readonly #onSecret: (value: string) => void;
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
    this.#send = auth?.login?.send;
    this.#mask = maskSecrets(this.#secrets);
    const onToken = (token: string) => this.hide(token);
    this.#onSecret = dependencies.onSecret;
    const issuer = issuerOf(auth, dependencies);
    this.#tokens = issuer && new TokenCache(issuer, {
      ...{ secret, onToken, signal: dependencies.signal, send: dependencies.send },
      now: dependencies.clock.now,
      refreshed: auth?.oauth2 && refreshedTokens(auth.oauth2, secret, { ...dependencies, onToken }),
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
      const token = await this.#tokens.take();
      return [...tokenCredentials(token, this.#send), ...this.#credentials];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(error.kind, this.mask(error.message), { hint: error.hint });
    }
  }

  /** Whether new credentials may help after the API refused these; true only for a token. */
  renew(refused: readonly Credential[]): boolean {
    const token = refused.find((credential) => credential.token !== undefined)?.token;
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

  /** Masks a secret that the API or a signature issues; old tokens remain masked, since they may still be valid. */
  hide(token: string): void {
    this.#secrets.push(token);
    this.#mask = maskSecrets(this.#secrets);
    this.#onSecret(token);
  }
}

/** How the tokens of a job are issued; undefined where it needs none. */
function issuerOf(
  auth: Auth | undefined,
  { assertion }: CredentialsDependencies,
): TokenIssuer | undefined {
  if (auth?.oauth2 !== undefined) return oauth2Issuer(auth.oauth2);
  if (auth?.login !== undefined) return loginIssuer(auth.login);
  const url = auth?.jwt?.token_url;
  return url === undefined ? undefined : assertionIssuer(auth!.jwt!, url, assertion);
}

/** The headers that carry a token: those that a login declares, or `Authorization: Bearer`. */
function tokenCredentials(
  token: string,
  send: Readonly<Record<string, string>> | undefined,
): Credential[] {
  if (send === undefined) return [{ ...bearer(token), token }];
  return Object.entries(send).map(([name, template]) =>
    headerCredential(name, template.replaceAll("{token}", token), token)
  );
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
