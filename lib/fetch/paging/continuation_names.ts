// Owns the well-known names by which APIs declare that a response is not the last: totals, page counts, flags, links
// and cursors. Data only; continuation.ts reads responses with it. Invariant: names are compared in lower case and
// without punctuation, so `has_more`, `hasMore` and `@odata.nextLink` need one entry each.

/** What a name declares. */
export type ContinuationKind = "total" | "pages" | "more" | "last" | "next" | "cursor";

const NAMES: Readonly<Record<ContinuationKind, string>> = {
  total:
    "total totalcount totalrecords totalresults totalresultcount totalitems totalelements totalhits totalsize totalrows " +
    "totalentries totalobjects totalnumber totalmatches totalavailable totalfound totaldocs totaldocuments totalnum " +
    "counttotal recordsfiltered matched nummatched numbermatched matchedcount numfound numberfound found foundcount " +
    "available resultcount resultscount resulttotal recordcount recordscount recordstotalcount itemcount itemscount " +
    "numresults numberofresults numrecords numberofrecords numitems hits nbhits hitcount odatacount count",
  pages:
    "totalpages totalpagecount pagecount pagescount pagestotal pagetotal numberofpages numpages numberpages nbpages " +
    "lastpage maxpage pages",
  more:
    "more hasmore hasmoreitems hasmorerecords hasmoreresults hasmoredata hasmorepages hasnext hasnextpage moreresults " +
    "moreavailable moreitems morerecords moredata morepages morerecordsavailable moreresultsavailable nextpageavailable " +
    "istruncated truncated incompleteresults exceededtransferlimit",
  last:
    "last islast islastpage lastpage done iscomplete complete finished isfinished endofrecords endofresults endofstream endofdata endreached " +
    "isend nomore nomoreresults exhausted",
  next:
    "next nexturl nexturi nextlink nextpage nextpageurl nextpageuri nextpagelink nexthref nextpath odatanextlink " +
    "nextrecordsurl nextresultsurl",
  cursor:
    "nextcursor cursornext nextpagetoken nexttoken nextpagecursor nextmarker nextkey nextpagekey nextid nextoffset " +
    "nextstart nextposition nextbatch nextcontinuationtoken continuationtoken continuation continue lastevaluatedkey " +
    "resumptiontoken nextresumptiontoken paginationtoken nextpaginationtoken nextquery nextsince",
};

/** What each name declares, by name; one may declare several, such as `lastPage`. */
export const KINDS: ReadonlyMap<string, readonly ContinuationKind[]> = kindsByName();

/** Names of objects near the records that may hold such names. */
export const CONTAINERS: ReadonlySet<string> = new Set(
  ("meta metadata pagination paginator paging page pages pager pageinfo pageable links link responsemetadata response " +
    "responseheader result results resultset resultinfo data hits info query search searchinfo header headers summary " +
    "navigation cursor cursors next total count collection feed list body content status stats envelope d cursormeta " +
    "paginationinfo paginationmeta pagingmetadata responseinfo listmeta")
    .split(" "),
);

/** Headers that declare it, in lower case. */
export const HEADERS: Readonly<Record<string, ContinuationKind>> = {
  "x-total-count": "total",
  "x-total": "total",
  "x-total-results": "total",
  "x-total-records": "total",
  "x-total-items": "total",
  "x-result-count": "total",
  "x-wp-total": "total",
  "x-pagination-total-count": "total",
  "total-count": "total",
  "pagination-count": "total",
  "x-total-pages": "pages",
  "x-page-count": "pages",
  "x-wp-totalpages": "pages",
  "x-pagination-page-count": "pages",
  "total-pages": "pages",
  "x-has-more": "more",
  "x-next-page": "cursor",
  "x-next-cursor": "cursor",
  "x-next-token": "cursor",
  "x-next": "cursor",
  "x-continuation-token": "cursor",
  "x-ms-continuation": "cursor",
};

/** The name in lower case without punctuation. */
export function normalized(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

function kindsByName(): Map<string, ContinuationKind[]> {
  const kinds = new Map<string, ContinuationKind[]>();
  for (const [kind, names] of Object.entries(NAMES) as [ContinuationKind, string][]) {
    for (const name of names.split(" ")) kinds.set(name, [...kinds.get(name) ?? [], kind]);
  }
  return kinds;
}
