// Keeps a run from ending before every worker takes part: the API responds slowly until they have claimed windows.
import { delay } from "@std/async/delay";
import { type MeterApi, startMeters } from "./meter_api.ts";
import type { Site } from "./site.ts";
import { openSql } from "./sql.ts";

/** Whether all workers take part; a test sets it once `crowded` has resolved. */
export interface Crowd {
  isThere: boolean;
}

/** The API, which takes a second for each response until the crowd is there, and 40 ms from then on. */
export function startForCrowd(crowd: Crowd): MeterApi {
  return startMeters(async () => void await delay(crowd.isThere ? 40 : 1_000));
}

/** Resolves when so many workers have claimed windows. */
export async function crowded(site: Site, count: number): Promise<void> {
  await using sql = openSql(site.databaseUrl);
  const number = async (text: string) => Number((await sql.run(text))[0]!.number);
  while (await number("SELECT count(to_regclass('hindcast_claims')) AS number") === 0) {
    await delay(50);
  }
  const workers = "SELECT count(DISTINCT worker) AS number FROM hindcast_claims";
  while (await number(workers) < count) await delay(50);
}
