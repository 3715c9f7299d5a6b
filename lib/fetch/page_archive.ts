// Declares what reading pages needs from an archive: to keep a response, and to know its place afterwards. Types
// only; lib/archive implements them. Invariant: a request and a response are handed over without credentials.
import type { BodyReader } from "./http/body_rest.ts";
import type { WireRequest } from "./http/request.ts";

/** The place of a response in an archive. */
export interface Place {
  /** Number of the file. */
  readonly file: bigint;
  /** Bytes of the file before it. */
  readonly offset: number;
  /** Its compressed bytes. */
  readonly length: number;
}

/** A response that an archive keeps, or a part of a long one. */
export interface KeptResponse {
  /** Its place; undefined until it is written. */
  readonly place: Place | undefined;
  /** Resolves once it is written (a crash of the machine may still lose it) or cannot be written. */
  readonly written: Promise<void>;
  /** First day of the window that it was fetched for; null for a stream without windows. */
  readonly day: string | null;
  /** Number of a further part of a long response, from 2; absent for the first part and for other responses. */
  readonly part?: number;
}

/** A long response that an archive keeps while it arrives. */
export interface LongKept {
  /**
   * Takes the next bytes of the body; resolves once there is room for more.
   *
   * @throws {Failure} of kind `archive` if something could not be written.
   */
  add(bytes: Uint8Array): Promise<void>;
  /** Ends the body; returns its parts. A response that is not ended counts as not kept. */
  end(): readonly KeptResponse[];
}

/** A successful response as an archive takes it. */
export interface ArchivableResponse {
  /** HTTP status. */
  readonly status: number;
  /** Headers of the response. */
  readonly headers: Headers;
  /** Body after decompression; the archive copies it. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** URL that responded, after redirects; without credentials, not masked. */
  readonly url: string;
}

/** A response that an archive returns. */
export interface ArchivedResponse extends Omit<ArchivableResponse, "url"> {
  /** URL that responded, masked; undefined if that of the request did. */
  readonly url: string | undefined;
  /** The rest of a long body. */
  readonly rest?: BodyReader | undefined;
  /** Where it lies, part by part. */
  readonly kept: readonly KeptResponse[];
}

/** One reading of one unit, as an archive sees it. */
export interface PageArchive {
  /** Epoch milliseconds before its first request. */
  readonly startedAt: number;
  /** Whether no request may be sent, so that a response that is not in the archive fails. */
  readonly isOnly: boolean;
  /** Whether it received all its responses earlier, so that no new response has to fit them. */
  readonly isWhole: boolean;
  /**
   * How to read the response to a request, if this reading received it earlier; resolves to undefined if the archive
   * is damaged there.
   */
  find(request: WireRequest): (() => Promise<ArchivedResponse | undefined>) | undefined;
  /**
   * Restarts the reading without the responses that it received earlier; false if there are none, or if no
   * request may be sent.
   */
  forget(): boolean;
  /** Keeps a response; it is written later, and an error is reported then. */
  keep(request: WireRequest, response: ArchivableResponse): KeptResponse;
  /** Keeps a response whose body arrives piece by piece. */
  keepLong(request: WireRequest, response: Omit<ArchivableResponse, "body">): LongKept;
}
