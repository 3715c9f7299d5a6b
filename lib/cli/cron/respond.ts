// Responds to the requests to the daily update: /healthz for monitors and JSON at /status.json; everything else is the
// console's. It only reads; requests that change something are refused, and so are hosts other than this machine's.
import { isLoopbackHost } from "../../console/loopback_host.ts";
import { Failure } from "../../failure.ts";
import { env } from "../open_job.ts";
import { isOnDeploy } from "../settings.ts";
import type { CronService } from "./service.ts";

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
      case "/status.json":
        return Response.json(await service.view(), { headers: HEADERS });
      case "/healthz": {
        const { ok, last } = await service.health();
        return Response.json({ ok, last }, { status: ok ? 200 : 503, headers: HEADERS });
      }
      default:
        return await service.page.answer(request);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return Response.json({ ok: false, error: error.message }, { status: 503, headers: HEADERS });
  }
}

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
};
