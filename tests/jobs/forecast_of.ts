// Compares the requests that the plan of a run forecasts with those that its server received.
import { assert } from "@std/assert";
import type { Ran } from "./world.ts";

/** The share by which a forecast may differ from what is sent. */
const TOLERANCE = 0.15;

/** Requests that the plan of a run forecasts, over all streams. */
export function forecastOf({ events }: Ran): number {
  return events.reduce(
    (sum, event) => event.kind === "stream_planned" ? sum + event.requests : sum,
    0,
  );
}

/** Asserts that the forecast of a run is within 15 % of the requests that were sent, or one request. */
export function assertForecast(ran: Ran, sent: number): void {
  const forecast = forecastOf(ran);
  assert(
    Math.abs(forecast - sent) <= Math.max(1, TOLERANCE * sent),
    `The plan forecasts ${forecast} requests, and ${sent} were sent`,
  );
}
