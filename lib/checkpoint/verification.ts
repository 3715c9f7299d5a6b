// Owns the result of the last verification, which the checkpoint keeps for display. Invariant: the value fits
// in KV, however much the checks returned. It never decides what is done.
import { commit, readValue } from "./open_kv.ts";

/** The result of one check. */
export interface CheckRecord {
  /** Name of the check. */
  readonly name: string;
  /** What the job file says about it. */
  readonly about: string | null;
  /** Whether the result is as expected. */
  readonly ok: boolean;
  /** What was expected; null if the result is only shown. */
  readonly expected: string | null;
  /** What is not as expected; null if the check passed. */
  readonly reason: string | null;
}

/** The result of a verification. */
export interface VerificationRecord {
  /** When it ended, ISO 8601. */
  readonly at: string;
  /** The checks that ran, in the order of the job. */
  readonly checks: readonly CheckRecord[];
  /** Whether coverage agrees with the database; null if it was not compared. */
  readonly coverage: boolean | null;
  /** What is wrong with coverage. */
  readonly findings: readonly string[];
}

/** Most checks and findings kept, and most characters of each string. */
const CHECKS_KEPT = 100;
const FINDINGS_KEPT = 20;
const TEXT_CHARS = 200;

/** The last verification of a job on a target. */
export class Verifications {
  readonly #kv: Deno.Kv;
  readonly #key: Deno.KvKey;

  /** `key` is where it is stored. */
  constructor(kv: Deno.Kv, key: Deno.KvKey) {
    this.#kv = kv;
    this.#key = key;
  }

  /** Replaces the last result. */
  async save({ at, checks, coverage, findings }: VerificationRecord): Promise<void> {
    const short = (text: string | null) => text?.slice(0, TEXT_CHARS) ?? null;
    const record: VerificationRecord = {
      at,
      coverage,
      checks: checks.slice(0, CHECKS_KEPT).map(({ name, about, ok, expected, reason }) => ({
        name: name.slice(0, TEXT_CHARS),
        about: short(about),
        ok,
        expected: short(expected),
        reason: short(reason),
      })),
      findings: findings.slice(0, FINDINGS_KEPT).map((text) => text.slice(0, TEXT_CHARS)),
    };
    await commit(this.#kv.atomic().set(this.#key, record));
  }

  /** The last result; undefined before the first. */
  async load(): Promise<VerificationRecord | undefined> {
    return await readValue<VerificationRecord>(this.#kv, this.#key) ?? undefined;
  }
}
