// Owns the tokens of an OAuth2 account whose refresh token may rotate: each use returns a new one, and the server
// refuses the old one. The newest is kept in the target as soon as it arrives. Invariant: one process at a time
// uses a refresh token, and it waits for the response before it ends.
import { Failure } from "../../failure.ts";
import type { Clock } from "../rate/clock.ts";
import { type Seal, sealOf, type Tokens } from "./sealed_tokens.ts";
import type { ClaimedTokens, TokenStore } from "./token_store.ts";

/** Tokens as the server issued them. */
export interface IssuedTokens {
  /** The access token. */
  readonly text: string;
  /** How long it is used, in milliseconds; Infinity where the server states no lifetime. */
  readonly usableMs: number;
  /** The refresh token for the next use; undefined where it stays the same. */
  readonly refreshToken: string | undefined;
}

/** An access token and how long it is used, in milliseconds. */
export type AccessToken = Pick<IssuedTokens, "text" | "usableMs">;

/** What refreshed tokens need. */
interface RefreshedTokensOptions {
  /** URL of the token server. */
  readonly tokenUrl: string;
  /** The client's id. */
  readonly clientId: string;
  /** The refresh token of the configuration, which is used first. */
  readonly refreshToken: string;
  /** Where the newest tokens are kept. */
  readonly store: TokenStore;
  /** Waits for another process that refreshes. */
  readonly clock: Clock;
  /** Called with each token, so that it can be masked. */
  readonly onToken: (token: string) => void;
}

/** The claim of a killed process expires after this time. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** How often a process checks whether another one is done. */
const POLL_MS = 250;
/** Wait before an unavailable database is tried again. */
const STORE_RETRY_MS = 1_000;
/** Attempts to read the tokens: one minute. */
const CLAIM_ATTEMPTS = 60;
/** Attempts to keep new tokens, which are lost otherwise: ten minutes. */
const KEEP_ATTEMPTS = 600;

/** The tokens of one account. */
export class RefreshedTokens {
  readonly #options: RefreshedTokensOptions;
  readonly #seal: Seal;
  readonly #holder = crypto.randomUUID();

  /** Reads nothing yet. */
  constructor(options: RefreshedTokensOptions) {
    this.#options = options;
    this.#seal = sealOf(options.tokenUrl, options.clientId, options.refreshToken);
  }

  /**
   * The newest access token, unless it is the `refused` one or stale: then `issue` exchanges the refresh token.
   * Stopping ends the wait for another process, but not an exchange that has begun.
   */
  async take(
    refused: string | undefined,
    issue: (refreshToken: string) => Promise<IssuedTokens>,
    signal: AbortSignal,
  ): Promise<AccessToken> {
    const claimed = await this.#claim(signal);
    const known = claimed.sealed === null ? undefined : this.#seal.open(claimed.sealed);
    for (const token of [known?.refreshToken, known?.accessToken]) {
      if (token !== undefined) this.#options.onToken(token);
    }
    const leftMs = (known?.staleAtMs ?? Infinity) - claimed.nowMs;
    if (known !== undefined && known.accessToken !== refused && leftMs > 0) {
      await this.#release();
      return { text: known.accessToken, usableMs: leftMs };
    }
    const refreshToken = known?.refreshToken ?? this.#options.refreshToken;
    const issued = await this.#whileRenewing(() => issue(refreshToken));
    await this.#keep({
      refreshToken: issued.refreshToken ?? refreshToken,
      accessToken: issued.text,
      staleAtMs: issued.usableMs === Infinity ? null : claimed.nowMs + issued.usableMs,
    }, claimed);
    return issued;
  }

  async #claim(signal: AbortSignal): Promise<ClaimedTokens> {
    const { store, clock } = this.#options;
    for (;;) {
      const claimed = await this.#patiently(
        CLAIM_ATTEMPTS,
        () => store.claim(this.#seal.account, this.#holder, LEASE_MS),
        signal,
      );
      if (claimed !== undefined) return claimed;
      await clock.sleep(POLL_MS, signal);
    }
  }

  /** Renews the claim while the request is in progress; releases it if the server issues nothing. */
  async #whileRenewing(issue: () => Promise<IssuedTokens>): Promise<IssuedTokens> {
    const { store, clock } = this.#options;
    const done = new AbortController();
    const renewing = async () => {
      for (;;) {
        await clock.sleep(RENEW_MS, done.signal);
        // A database that is briefly unavailable is tried again at the next renewal.
        await store.claim(this.#seal.account, this.#holder, LEASE_MS).catch(() => {});
      }
    };
    const renewal = renewing().catch(() => {/* it is done */});
    try {
      return await issue();
    } catch (error) {
      await this.#release();
      throw error;
    } finally {
      done.abort();
      await renewal;
    }
  }

  /** Tokens that are not kept are lost with the process, so stopping does not end the attempts. */
  async #keep(tokens: Tokens, { sealed: before }: ClaimedTokens): Promise<void> {
    const { store } = this.#options;
    const sealed = this.#seal.seal(tokens);
    await this.#patiently(
      KEEP_ATTEMPTS,
      () => store.keep(this.#seal.account, this.#holder, sealed, before),
    );
  }

  /** Repeats an action while the database is unavailable. */
  async #patiently<T>(most: number, action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let attempt = 1;; attempt++) {
      try {
        return await action();
      } catch (error) {
        const isAway = error instanceof Failure && error.kind === "target";
        if (!isAway || attempt === most || signal?.aborted) throw error;
        await this.#options.clock.sleep(STORE_RETRY_MS, signal);
      }
    }
  }

  /** A claim that cannot be released expires. */
  #release(): Promise<void> {
    return this.#options.store.release(this.#seal.account, this.#holder).catch(() => {});
  }
}
