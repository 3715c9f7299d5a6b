// An API with five records a day, two a page, that states a total; and the world of a job that archives it.
import { serve } from "../support/http_server.ts";
import { tempDir } from "../support/temp.ts";
import { openWorld, type World, type WorldOptions } from "../jobs/world.ts";

/** Records of a page. */
export const PAGE_SIZE = 2;

/** A running API. */
export interface ThingsApi extends AsyncDisposable {
  readonly url: string;
  /** `day page` of each request, in order. */
  readonly asked: string[];
  /** The requests since the last call. */
  take(): string[];
}

/** Starts the API; `own` replaces a response. */
export function startThings(
  own: (day: string, page: number) => unknown = () => undefined,
): ThingsApi {
  const asked: string[] = [];
  const server = serve(async (request) => {
    const { searchParams } = new URL(request.url);
    const [day, page] = [searchParams.get("day")!, Number(searchParams.get("page"))];
    asked.push(`${day} ${page}`);
    const body = await own(day, page) ?? pageOf(day, page);
    return body instanceof Response ? body : Response.json(body);
  });
  return Object.assign(server, { asked, take: () => asked.splice(0) });
}

/** The good response. */
export function pageOf(day: string, page: number): { total: number; items: { id: string }[] } {
  const ids = [1, 2, 3, 4, 5].slice(PAGE_SIZE * (page - 1), PAGE_SIZE * page);
  return { total: 5, items: ids.map((id) => ({ id: `${day}-${id}`, size: id })) };
}

/** The job of that API; `stream` adds keys to its stream. */
export function thingsJob(url: string, stream = ""): string {
  return `job: things
start: 2024-01-01
source: { url: "${url}", retry: { attempts: 1 }, concurrency: 1 }
tables: { things: { key: id, columns: { id: text } } }
streams:
  things:
    request: { path: /things, query: { day: "{from}" } }
    window: day
    records: items
    total: total
    paging: { by: page, size: ${PAGE_SIZE} }
    rows: things
${stream}`;
}

/** A world whose runs are archived in a folder of its own, or in one that is given. */
export async function archivingWorld(
  job: string,
  options: Partial<WorldOptions> = {},
): Promise<World> {
  const folder = tempDir();
  const world = await openWorld({ job, archive: folder.file("archive"), ...options });
  const dispose = world[Symbol.asyncDispose];
  return Object.assign(world, {
    [Symbol.asyncDispose]: async () => {
      await dispose();
      await folder[Symbol.asyncDispose]();
    },
  });
}
