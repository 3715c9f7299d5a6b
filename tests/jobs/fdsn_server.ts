// Simulates the event service of USGS: FDSN's parameters, GeoJSON, both ends of a range included, offsets from
// one, at most 20,000 events per response. It refuses what the real service refuses.
import { type HttpServer, serve } from "../support/http_server.ts";

/** An event as the service returns it; only the fields that the server reads. */
export interface Feature {
  readonly id: string;
  readonly properties: { readonly time: number; readonly mag: number | null };
}

/** A request that got events as its response. */
export interface Asked {
  readonly start: string;
  readonly end: string;
  readonly offset: number;
  readonly limit: number | undefined;
  readonly ids: readonly string[];
}

/** A running service. */
export interface FdsnServer extends HttpServer {
  /** Events it knows; may be changed. */
  readonly features: Feature[];
  /** Requests and responses, in order. */
  readonly asked: Asked[];
  /** Responds to some requests as if it were broken. */
  isBroken: (start: string) => boolean;
}

const PARAMETERS = [
  ...["format", "starttime", "endtime", "minmagnitude", "orderby", "limit", "offset"],
];
const MOST_EVENTS = 20_000;

/** Starts a service that knows the events. */
export function serveFdsn(features: readonly Feature[]): FdsnServer {
  const known = [...features];
  const asked: Asked[] = [];
  const server = serve((request) => answer(new URL(request.url)));
  const fdsn = Object.assign(server, { features: known, asked, isBroken: (_: string) => false });

  function answer({ pathname, searchParams }: URL): Response {
    const { start, end, offset, limit, problem } = read(pathname, searchParams);
    if (problem !== undefined) return refusal(400, problem);
    if (fdsn.isBroken(start)) return refusal(503, "Service Unavailable");
    const matching = select(known, searchParams);
    if (limit === undefined && matching.length > MOST_EVENTS) {
      return refusal(400, `${matching.length} matching events exceeds search limit of 20000.`);
    }
    const page = matching.slice(offset - 1, limit === undefined ? undefined : offset - 1 + limit);
    asked.push({ start, end, offset, limit, ids: page.map(({ id }) => id) });
    return Response.json({
      type: "FeatureCollection",
      metadata: { generated: Date.now(), status: 200, api: "1.14.1", count: page.length },
      features: page,
    });
  }
  return fdsn;
}

function read(path: string, params: URLSearchParams) {
  const [start, end] = [params.get("starttime") ?? "", params.get("endtime") ?? ""];
  const offset = Number(params.get("offset") ?? 1);
  const limit = params.has("limit") ? Number(params.get("limit")) : undefined;
  const unknown = [...params.keys()].find((name) => !PARAMETERS.includes(name));
  const problem = path !== "/fdsnws/event/1/query"
    ? "Not Found"
    : unknown !== undefined
    ? `Unknown parameter "${unknown}".`
    : params.get("format") !== "geojson"
    ? "This service plays GeoJSON only."
    : Number.isNaN(Date.parse(start)) || Number.isNaN(Date.parse(end))
    ? "Bad time value."
    : !(offset >= 1)
    ? "Bad offset value."
    : limit !== undefined && !(limit >= 1 && limit <= MOST_EVENTS)
    ? "Bad limit value."
    : undefined;
  return { start, end, offset, limit, problem };
}

/** On or after the start, on or before the end, of at least the magnitude, in order of time. */
function select(features: readonly Feature[], params: URLSearchParams): Feature[] {
  const from = Date.parse(params.get("starttime")!);
  const to = Date.parse(params.get("endtime")!);
  const least = Number(params.get("minmagnitude") ?? -Infinity);
  return features
    .filter(({ properties: { time, mag } }) => time >= from && time <= to && (mag ?? -9) >= least)
    .sort((a, b) => a.properties.time - b.properties.time || (a.id < b.id ? -1 : 1));
}

function refusal(status: number, text: string): Response {
  return new Response(`Error ${status}: ${text}\n`, {
    status,
    headers: { "content-type": "text/plain" },
  });
}
