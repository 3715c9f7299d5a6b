// Owns what a paging step changes in a request. Types only; it never renders one.

/** A parameter that paging sets in a stream's request. */
export interface PageParam {
  /** Where it goes; `path` stands for a placeholder anywhere in the request. */
  readonly in: "query" | "body" | "header" | "path";
  /** Name of the parameter, or of the placeholder. */
  readonly name: string;
  /** Its value: any JSON value in a JSON body, a string or a number elsewhere. */
  readonly value: unknown;
  /** Whether the value is a template, to be rendered with the window. */
  readonly isTemplate?: boolean;
}

/** How the request for one page differs from the stream's own. */
export interface PageStep {
  /** Parameters to set. */
  readonly params: readonly PageParam[];
  /** Absolute URL to request instead of the stream's own, if any. */
  readonly url?: string;
  /** Whether the page only proves that nothing follows, so that the API may refuse it. */
  readonly isProof?: true;
}
