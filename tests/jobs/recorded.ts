// Owns a server that plays a source in a job's journey: it answers by a function and remembers what was
// asked. A path or parameter that the function does not know is for it to refuse.
import { type HttpServer, serve } from "../support/http_server.ts";

/** A server that remembers. */
export interface Recorded extends HttpServer {
  /** What was asked, in the order in which it came. */
  readonly asked: URL[];
}

/** Starts a server; a function that returns nothing answers 404. */
export function recorded(
  answer: (url: URL, request: Request) => Response | undefined | Promise<Response | undefined>,
): Recorded {
  const asked: URL[] = [];
  const server = serve(async (request) => {
    const url = new URL(request.url);
    asked.push(url);
    return await answer(url, request) ?? Response.json({ error: "not found" }, { status: 404 });
  });
  return Object.assign(server, { asked });
}

/** The days from a first to a last, both included, as `YYYY-MM-DD`. */
export function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += 86_400_000) {
    days.push(new Date(at).toISOString().slice(0, 10));
  }
  return days;
}

/** The names of parameters that are not among those known. */
export function unknownParams({ searchParams }: URL, known: readonly string[]): string[] {
  return [...new Set(searchParams.keys())].filter((name) => !known.includes(name));
}
