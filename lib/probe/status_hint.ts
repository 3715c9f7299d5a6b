// Owns what to do about an answer that says no, where the source itself does not say it. Pure.

/** What to do about a status; undefined where nothing can be told. */
export function statusHint(status: number | undefined): string | undefined {
  if (status === undefined) return "Look at the URL of the source";
  if (status >= 300 && status < 400) return "Write the address that it leads to into the job";
  if (status === 404 || status === 410) {
    return "Look at the URL of the source and the path of the request; empty_on: [404] where it means no data";
  }
  if (status === 405) return "Look at the method of the request, GET or POST";
  if (status === 429) return "Wait a while, and say the allowed rate as limits of the source";
  if (status >= 500) return "Try again later; a run does so by itself";
  return status >= 400 ? "Look at the parameters of the request above" : undefined;
}
