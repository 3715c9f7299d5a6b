// Answers the requests to the status page: HTML at /, JSON at /status.json, and /healthz for monitors. It
// only reads; requests that change something are refused, and so are hosts other than this machine's own.
import { Failure } from "../../failure.ts";
import { env } from "../open_job.ts";
import { errorPage, statusPage } from "../../cron/status_page.ts";
import type { CronService } from "./service.ts";
import { isLoopbackHost } from "../../cron/loopback_host.ts";
import { isOnDeploy } from "../settings.ts";

/** Responds to a request; until the service is open, requests wait for it. */
export async function respond(request: Request, opening: Promise<CronService>): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response(null, { status: 405 });
  }
  if (!isOnDeploy(env) && !isLoopbackHost(request.headers.get("host"))) {
    return new Response("Unknown host\n", { status: 421 });
  }
  const { pathname } = new URL(request.url);
  const service = await opening;
  try {
    switch (pathname) {
      case "/":
        return html(statusPage(await service.view()));
      case "/status.json":
        return Response.json(await service.view(), { headers: HEADERS });
      case "/healthz": {
        const { ok, last } = await service.health();
        return Response.json({ ok, last }, { status: ok ? 200 : 503, headers: HEADERS });
      }
      default:
        return new Response("Not found\n", { status: 404 });
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (pathname === "/") return html(errorPage(service.jobName, error.message), 503);
    return Response.json({ ok: false, error: error.message }, { status: 503, headers: HEADERS });
  }
}

/** The page runs nothing and is not to be kept or framed. */
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
};

function html(text: string, status = 200): Response {
  return new Response(text, {
    status,
    headers: { ...HEADERS, "content-type": "text/html; charset=utf-8" },
  });
}
