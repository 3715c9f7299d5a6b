// Owns the interface of the place in which refreshed OAuth2 tokens are kept, so that they survive the process and
// all processes of an account share them. Invariant: it sees tokens encrypted, and one process at a
// time refreshes those of an account.

/** What is stored for an account, as read by the process that may refresh its tokens. */
export interface ClaimedTokens {
  /** The encrypted tokens; null where none were kept yet. */
  readonly sealed: string | null;
  /** The store's clock, in epoch milliseconds. */
  readonly nowMs: number;
}

/** Keeps the tokens of accounts. */
export interface TokenStore {
  /**
   * Claims the refresh of an account's tokens for a time, or renews the claim; undefined while another
   * process holds it. The claim of a killed process expires.
   */
  claim(account: string, holder: string, leaseMs: number): Promise<ClaimedTokens | undefined>;
  /**
   * Replaces the tokens of an account and releases the claim. Without the claim, it replaces only what this
   * process has read: `before`.
   */
  keep(account: string, holder: string, sealed: string, before: string | null): Promise<void>;
  /** Releases the claim. */
  release(account: string, holder: string): Promise<void>;
}

/** A store for one client, with its clock, if tokens need not outlive it: the server must not rotate refresh tokens. */
export function memoryTokenStore(now: () => number): TokenStore {
  let sealed: string | null = null;
  return {
    claim: () => Promise.resolve({ sealed, nowMs: now() }),
    keep: (_account, _holder, kept) => {
      sealed = kept;
      return Promise.resolve();
    },
    release: () => Promise.resolve(),
  };
}
