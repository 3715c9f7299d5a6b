// Owns the interface of the place in which refreshed OAuth2 tokens are kept, so that they survive the process and
// all processes of an account share them. Invariant: it sees tokens encrypted, and one process at a
// time refreshes those of an account.

/** What is kept of an account, as the process that may refresh it reads it. */
export interface ClaimedTokens {
  /** The encrypted tokens; null where none were kept yet. */
  readonly sealed: string | null;
  /** The store's clock, in epoch milliseconds. */
  readonly nowMs: number;
}

/** Keeps the tokens of accounts. */
export interface TokenStore {
  /**
   * Takes the right to refresh the tokens of an account for a time, or renews it; undefined while another process
   * has it. The right of a process that was killed expires.
   */
  claim(account: string, holder: string, leaseMs: number): Promise<ClaimedTokens | undefined>;
  /**
   * Replaces the tokens of an account and gives the right back. Without the right it replaces only what this
   * process has read: `before`.
   */
  keep(account: string, holder: string, sealed: string, before: string | null): Promise<void>;
  /** Gives the right back. */
  release(account: string, holder: string): Promise<void>;
}

/** A store for one client, by its clock, where tokens need not survive it: the server must not rotate refresh tokens. */
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
