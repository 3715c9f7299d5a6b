// A server that simulates an API for the test of a job: it responds through a function and records its
// requests. The function must refuse unknown paths and parameters.
import { type HttpServer, serve } from "../support/http_server.ts";

/** A server that records its requests. */
export interface Recorded extends HttpServer {
  /** The requests, in order of arrival. */
  readonly asked: URL[];
}

/** Starts a server; it responds with 404 where the function returns nothing. */
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
