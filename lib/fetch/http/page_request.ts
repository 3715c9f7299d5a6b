// Renders the request of a page as it is sent, except for credentials: without those that an API echoes in its links,
// and with no header of the job outside the API's origin. Pure.
import type { Job } from "../../config/schema/job.ts";
import type { RequestSpec } from "../../config/schema/job_schema.ts";
import { withoutCredentials } from "./auth.ts";
import type { PageStep } from "./page_step.ts";
import { headersFor } from "./redirect.ts";
import { renderRequest, type WireRequest } from "./request.ts";
import type { Unit } from "./unit.ts";

/**
 * The request for one page of one unit of a stream.
 *
 * @throws Failure("window") if a placeholder of the path has no value, or its value would change the path.
 */
export function pageRequest(job: Job, stream: string, unit: Unit, step: PageStep): WireRequest {
  const { source, streams } = job;
  const rendered = renderRequest(job, streams[stream]!, unit, step);
  return {
    ...rendered,
    url: withoutCredentials(rendered.url, source.auth),
    headers: headersFor(new URL(rendered.url), rendered.headers, source.url),
  };
}

/**
 * A request that orders the export of a unit, or requests its state.
 *
 * @throws Failure("window") if a placeholder of the path has no value, or its value would change the path.
 */
export function exportRequest(
  job: Job,
  stream: string,
  request: RequestSpec,
  unit: Unit,
): WireRequest {
  const spec = { ...job.streams[stream]!, request, format: "json" } as const;
  const rendered = renderRequest(job, spec, unit, { params: [] });
  return { ...rendered, url: withoutCredentials(rendered.url, job.source.auth) };
}
