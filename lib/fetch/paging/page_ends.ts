// Remembers how the windows of a stream end: whether a page that is shorter than requested is
// really the last, or the API returns smaller pages than requested. All windows of a stream share it. Invariant: a
// short page counts as the last only if an API that cuts pages at its length has been ruled out.

/** Times an end after the same number of records is proven: constant counts, such as 24 hours, are common. */
const PROOFS_OF_EQUAL = 2;

/** What the pages of a stream have shown. */
export class PageEnds {
  /** Whether a cursor or a link has led to another page. */
  hasFollowed = false;
  /** Largest number of records on a page that no further page followed. */
  #proven = 0;
  #proofs = 0;
  /** Most records on a page. */
  #largest = 0;
  /** Most records on a short page that was followed by records. */
  #cutAt: number | undefined;
  /** Whether short pages of different lengths were followed by records. */
  #varies = false;

  /** Records the length of a page. */
  saw(records: number): void {
    this.#largest = Math.max(this.#largest, records);
  }

  /** Whether a page of fewer than the requested `size` records is known to be the last. */
  isLast(records: number, size: number): boolean {
    return records === 0 || this.isProven(records) ||
      this.#cutAt === undefined && this.#largest >= size;
  }

  /** Whether pages of so many records are known not to be cut at that length. */
  isProven(records: number): boolean {
    if (this.#varies || this.#cutAt !== undefined && records >= this.#cutAt) return false;
    return records < this.#proven || records === this.#proven && this.#proofs >= PROOFS_OF_EQUAL;
  }

  /** Records that nothing followed a page of so many records. */
  prove(records: number): void {
    if (records > this.#proven) [this.#proven, this.#proofs] = [records, 1];
    else if (records === this.#proven) this.#proofs++;
  }

  /** Records that more records followed a page of so many records although it seemed to be the last. */
  disprove(records: number): void {
    if (this.#cutAt !== undefined && records < this.#cutAt) this.#varies = true;
    this.#cutAt = Math.max(this.#cutAt ?? 0, records);
    if (records <= this.#proven) [this.#proven, this.#proofs] = [records, 0];
  }
}
