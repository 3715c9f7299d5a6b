// Owns what the target's ledger proves: for each track which dates were written, and for each stream how
// many records and rows. Entries are added in any order, and ranges are kept merged; it reads nothing
// itself.
import { parseCivil } from "../plan/time/civil.ts";
import { subtract, union } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";
import type { LedgerEntry } from "../upsert/sql/ledger_sql.ts";

/** Number of ranges that accumulate before they are merged, which bounds the memory for a long ledger. */
const MERGE_EVERY = 256;

interface Proof {
  ranges: Window[];
  merged: number;
  item: boolean;
}

/** What the ledger of a job proves. */
export class Evidence {
  readonly #proofs = new Map<string, Proof>();
  readonly #rows = new Map<string, number>();

  /** Adds one entry of the ledger; an entry whose dates cannot be read proves nothing. */
  add(entry: LedgerEntry): void {
    const { stream, scope, rows } = entry;
    this.#rows.set(idOf({ stream, scope, each: "" }), this.rows(stream, scope) + rows);
    const proof = this.#proof(entry);
    const [from, to] = [parseCivil(entry.from ?? ""), parseCivil(entry.to ?? "")];
    if (entry.from === null) proof.item = true;
    if (from === undefined || to === undefined) return;
    proof.ranges.push({ from, to });
    if (proof.ranges.length >= proof.merged + MERGE_EVERY) merge(proof);
  }

  /** The parts of a range that the ledger does not prove. */
  lacking(track: Track, range: Window): Window[] {
    const proof = this.#proofs.get(idOf(track));
    return proof === undefined ? [range] : subtract(range, merge(proof));
  }

  /** Whether the ledger has a track without windows. */
  hasItem(track: Track): boolean {
    return this.#proofs.get(idOf(track))?.item ?? false;
  }

  /** The dates of a track that the ledger proves. */
  ranges(track: Track): readonly Window[] {
    const proof = this.#proofs.get(idOf(track));
    return proof === undefined ? [] : merge(proof);
  }

  /** The tracks of a stream that the ledger knows. */
  tracks(stream: string): Track[] {
    return [...this.#proofs.keys()].map((id) => {
      const [stream, scope, each] = JSON.parse(id) as [string, string, string];
      return { stream, scope, each };
    }).filter((track) => track.stream === stream);
  }

  /** Rows that were written for a stream with these parameters, by the ledger. */
  rows(stream: string, scope: string): number {
    return this.#rows.get(idOf({ stream, scope, each: "" })) ?? 0;
  }

  #proof(track: Track): Proof {
    const id = idOf(track);
    let proof = this.#proofs.get(id);
    if (proof === undefined) {
      proof = { ranges: [], merged: 0, item: false };
      this.#proofs.set(id, proof);
    }
    return proof;
  }
}

function merge(proof: Proof): readonly Window[] {
  if (proof.ranges.length > proof.merged) {
    proof.ranges = union(proof.ranges);
    proof.merged = proof.ranges.length;
  }
  return proof.ranges;
}

function idOf({ stream, scope, each }: Track): string {
  return JSON.stringify([stream, scope, each]);
}
