// Counts the pages of windows in progress, so that a big window moves page by page. Invariant: a window counts
// here until it is done, fails, or is fetched again, and never for more than it is.
import { parseCivil } from "../../plan/time/civil.ts";
import type { RunEvent } from "../../report/event.ts";
import type { Subject } from "../../report/text/subject.ts";

/** Most of a window that counts before it is done. */
const MOST = 0.99;

/** What was read of one window. */
interface OpenWindow {
  readonly subject: Subject;
  pages: number;
  records: number;
  total: number | null;
}

/** The windows of one stream that are being read. */
export class OpenWindows {
  readonly #windows = new Map<string, OpenWindow>();
  #expectedPages: number;
  #done = 0;
  #donePages = 0;

  /** `expectedPages` is the forecast number of pages of a window. */
  constructor(expectedPages: number) {
    this.#expectedPages = expectedPages;
  }

  /** Pages read of all of them. */
  get pages(): number {
    return [...this.#windows.values()].reduce((sum, { pages }) => sum + pages, 0);
  }

  /** Adds a page. */
  read({ subject, index, records, total }: Extract<RunEvent, { kind: "page_read" }>): void {
    const key = keyOf(subject);
    const before = index === 0 ? undefined : this.#windows.get(key);
    const window = before ?? { subject, pages: 0, records: 0, total: null };
    window.pages++;
    window.records += records;
    window.total = total ?? window.total;
    this.#windows.set(key, window);
  }

  /** Learns how many pages a window had. */
  note(pages: number): void {
    this.#done++;
    this.#donePages += pages;
    this.#expectedPages = this.#donePages / this.#done;
  }

  /** Forgets a window that is done, has failed or is fetched again. */
  close(subject: Subject): void {
    this.#windows.delete(keyOf(subject));
  }

  /** What was read of them: in civil minutes if `isDated`, otherwise in windows. */
  size(isDated: boolean): number {
    return [...this.#windows.values()].reduce(
      (sum, window) => sum + this.#share(window) * sizeOf(window.subject, isDated),
      0,
    );
  }

  /** Part of a window that was read: by the total, else by the expected pages; 0 if neither is known. */
  #share({ pages, records, total }: OpenWindow): number {
    if (total !== null && total > 0) return Math.min(MOST, records / total);
    return this.#expectedPages <= 1 ? 0 : Math.min(MOST, pages / this.#expectedPages);
  }
}

/** Size of a window: civil minutes if `isDated` and it has dates, otherwise 1. */
export function sizeOf({ from, to }: Subject, isDated: boolean): number {
  const [start, end] = [parseCivil(from ?? ""), parseCivil(to ?? "")];
  return !isDated || start === undefined || end === undefined ? 1 : end - start;
}

function keyOf({ each, from }: Subject): string {
  return `${each} ${from}`;
}
