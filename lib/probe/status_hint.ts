// Owns the hint for an HTTP status that is not a success. Pure.

/** What to do about a status, or about a missing response; undefined for a success. */
export function statusHint(status: number | undefined): string | undefined {
  if (status === undefined) {
    return 'Check the host and port in "url" of the source, and that this machine reaches them';
  }
  if (status >= 300 && status < 400) return 'Write the URL of the redirect as "url" of the source';
  if (status === 404 || status === 410) {
    return `Check "url" of the source and the path of the request; write empty_statuses: [${status}] if it means no data`;
  }
  if (status === 405) return "Check the method of the request: GET or POST";
  if (status === 429) return 'Wait a while, and declare the allowed rate as "limits" of the source';
  if (status >= 500) return "Try again later: the API has an error; a run retries automatically";
  return status >= 400 ? "Check the parameters of the request" : undefined;
}
