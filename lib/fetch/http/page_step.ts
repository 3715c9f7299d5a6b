// Owns what a step of paging changes in a request. Types only.

/** A parameter that paging adds to a stream's request. */
export interface PageParam {
  /** Where it goes. */
  readonly in: "query" | "body" | "header" | "path";
  /** Name of the parameter, or of the placeholder of the path. */
  readonly name: string;
  /** Its value; it stays what it is in a JSON body, and is a text or a number anywhere else. */
  readonly value: unknown;
}

/** How the request of one page differs from the stream's own. */
export interface PageStep {
  /** Parameters to set. */
  readonly params: readonly PageParam[];
  /** Absolute address to ask instead of the stream's own; undefined leaves it. */
  readonly url?: string;
}
