// Owns paging by link: each page holds the address of the next, in its body or in its `Link` header.
// Invariant: a link is followed only within the origin of the source, since everything sent there may
// carry credentials, and no address is asked twice in one reading.
import type { Paging } from "../../config/schema/job_schema.ts";
import { nextLink } from "../http/link_header.ts";
import { withinOrigin } from "../http/origin.ts";
import type { PageFacts, Paginator, Verdict } from "./paginator.ts";
import { shownValue } from "../../report/text/shown_value.ts";
import { failed, type Tally } from "./tally.ts";
import type { PageStep } from "../http/page_step.ts";

type LinkPaging = Extract<Paging, { by: "next_link" | "link_header" }>;

/** Pages by the address of the next one. */
export class LinkPaginator implements Paginator {
  readonly #paging: LinkPaging;
  readonly #tally: Tally;
  readonly #baseUrl: string;
  readonly #asked = new Set<string>();

  /** A machine for one reading; links must stay within the origin of `baseUrl`. */
  constructor(paging: LinkPaging, tally: Tally, baseUrl: string) {
    this.#paging = paging;
    this.#tally = tally;
    this.#baseUrl = baseUrl;
  }

  /** The stream's own request, with the size of a page. */
  first(): PageStep {
    const { size_param: name, size } = this.#paging;
    const isSized = name !== undefined && size !== undefined;
    return { params: isSized ? [{ in: "query", name, value: size }] : [] };
  }

  /** The page at the link that this page holds. */
  next(page: PageFacts): Verdict {
    this.#asked.add(page.url);
    const decided = this.#tally.add(page);
    if (decided !== undefined) return decided;
    const link = this.#linkOf(page);
    if (link === undefined || link === null || link === "" || link === false) {
      return this.#tally.end();
    }
    if (typeof link !== "string" || !URL.canParse(link, page.url)) {
      return failed(`the link to the next page is ${shownValue(link)}`, 'Correct the path "link"');
    }
    return this.#follow(link, new URL(link, page.url));
  }

  #linkOf(page: PageFacts): unknown {
    if (this.#paging.by === "next_link") return page.value(this.#paging.link);
    const header = page.value("$header.link");
    return typeof header === "string" ? nextLink(header) : undefined;
  }

  #follow(link: string, target: URL): Verdict {
    const url = withinOrigin(target, this.#baseUrl)?.href;
    if (url === undefined) {
      return failed(
        `the link to the next page, ${shownValue(link)}, leads to another host`,
        'Make "url" of the source the address that the links name',
      );
    }
    if (this.#asked.has(url)) {
      return failed(
        `page ${this.#tally.pages} leads back to ${shownValue(link)}`,
        'Look whether "paging" takes the link to the next page',
      );
    }
    this.#asked.add(url);
    const capped = this.#tally.capRest(this.#paging.size);
    return capped ?? { kind: "more", steps: [{ params: [], url }] };
  }
}
