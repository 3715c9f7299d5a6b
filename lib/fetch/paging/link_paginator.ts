// Owns paging by link: each page holds the URL of the next, in its body or in its `Link` header.
// Invariant: a link is followed only within the API's origin, where requests carry credentials, or to a host
// that the job names, and no URL is requested twice in one reading.
import type { Paging } from "../../config/schema/job_schema.ts";
import { nextLink } from "../http/link_header.ts";
import { withinOrigin } from "../http/origin.ts";
import { nextInLinks } from "./link_list.ts";
import { CountedPaginator } from "./counted_paginator.ts";
import { readMoreFlag } from "./more_flag.ts";
import type { PageFacts, Verdict } from "./paginator.ts";
import { shownValue } from "../../report/text/shown_value.ts";
import type { Tally } from "./tally.ts";
import { failed } from "./verdict.ts";
import type { PageStep } from "../http/page_step.ts";

/** The `paging` that this paginator follows. */
export type LinkPaging = Extract<Paging, { by: "next_link" | "link_header" }>;

/** Requests each page at the link of the page before. */
export class LinkPaginator extends CountedPaginator<LinkPaging> {
  readonly #baseUrl: string;
  readonly #requested = new Set<string>();

  /** Creates the paginator of one reading; links must stay within the origin of `baseUrl`. */
  constructor(paging: LinkPaging, tally: Tally, baseUrl: string) {
    super(paging, tally);
    this.#baseUrl = baseUrl;
  }

  /** Returns the first step: the stream's own request with the page size. */
  first(): PageStep {
    return { params: this.sizeParams("query") };
  }

  /** Returns the verdict on a page; its link leads to the next. */
  next(page: PageFacts): Verdict {
    this.#requested.add(page.url);
    const more = readMoreFlag(this.paging.more, page);
    const link = this.#linkOf(page);
    const isLast = link === undefined || link === null || link === "" || link === false ||
      isSelf(link, page);
    const decided = this.tally.add(page, { follows: more ?? !isLast });
    if (decided !== undefined) return decided;
    if (this.tally.pages > 1 && page.records > 0) this.tally.ends.hasFollowed = true;
    if (more === false) return this.tally.ended();
    if (isLast) return more === undefined ? this.tally.end(page) : lost();
    if (typeof link !== "string" || !URL.canParse(link, page.url)) {
      return failed(`the link to the next page is ${shownValue(link)}`, 'Correct the path "link"');
    }
    return this.#follow(link, new URL(link, page.url));
  }

  #linkOf(page: PageFacts): unknown {
    if (this.paging.by === "next_link") {
      const found = page.value(this.paging.link);
      const listed = nextInLinks(found);
      return listed === undefined ? found : listed;
    }
    const header = page.value("$header.link");
    return typeof header === "string" ? nextLink(header) : undefined;
  }

  #follow(link: string, target: URL): Verdict {
    const url = allowedUrl(target, this.#baseUrl, this.paging.hosts)?.href;
    if (url === undefined) {
      return failed(
        `the link to the next page, ${shownValue(link)}, leads to another host`,
        `Write "hosts: [${target.host}]" in "paging", or set "url" of the source to the host of the links`,
      );
    }
    if (this.#requested.has(url)) {
      return failed(
        `page ${this.tally.pages} links back to ${shownValue(link)}`,
        'Check that "paging" reads the link to the next page',
      );
    }
    this.#requested.add(url);
    const capped = this.tally.capRest(this.paging.size);
    return capped ?? { kind: "more", steps: [{ params: [], url }] };
  }
}

/** Whether an empty page links to itself, as some APIs write that nothing follows for now. */
function isSelf(link: unknown, { records, url }: PageFacts): boolean {
  if (records > 0 || typeof link !== "string" || !URL.canParse(link, url)) return false;
  const [to, from] = [new URL(link, url), new URL(url)];
  return to.pathname === from.pathname && to.search === from.search;
}

function lost(): Verdict {
  return failed(
    '"more" reports that more pages follow, but there is no link to them',
    'Correct "more" and "link" of "paging" with deno task probe',
  );
}

/**
 * The URL of a link, if it may be followed: within the API's origin, or on a host that the job names, by
 * https, or by http where the API itself is reached so.
 */
export function allowedUrl(
  target: URL,
  baseUrl: string,
  hosts: readonly string[],
): URL | undefined {
  const within = withinOrigin(target, baseUrl);
  if (within !== undefined) return within;
  const isSafe = target.protocol === "https:" || target.protocol === new URL(baseUrl).protocol;
  if (!isSafe || !hosts.includes(target.host)) return undefined;
  const url = new URL(target);
  url.username = url.password = url.hash = "";
  return url;
}
