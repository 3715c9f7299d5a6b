// Returns the responses of one archived reading instead of sending requests.
import type { ArchivedResponse } from "../fetch/page_archive.ts";
import type { WireRequest } from "../fetch/http/request.ts";
import type { Mask } from "../report/text/mask.ts";
import { requestKey, withoutSignature } from "./about.ts";
import type { ArchivedReading, Contents } from "./contents.ts";

/** The key by which the response to a request is found. */
export function keyOf({ method, url, body }: WireRequest, mask: Mask): string {
  return requestKey({ method, url: withoutSignature(mask(url)), body: mask(body ?? "") });
}

/** How to read the response of a reading to a request, undefined if its record is damaged; undefined if it has none. */
export function findResponse(
  contents: Contents,
  reading: ArchivedReading,
  request: WireRequest,
  mask: Mask,
): (() => Promise<ArchivedResponse | undefined>) | undefined {
  const page = reading.pages.get(keyOf(request, mask));
  if (page === undefined) return undefined;
  const day = reading.from === null ? null : reading.from.slice(0, 10);
  const kept = [page, ...page.parts ?? []].map(({ file, offset, length }, at) => ({
    ...{ place: { file, offset, length }, written: Promise.resolve(), day },
    ...at === 0 ? {} : { part: at + 1 },
  }));
  return async () => {
    const response = await contents.response(page);
    return response && { ...response, url: page.url, kept };
  };
}
