// Turns an archived response into one that was received now, and reports one that is missing. It opens no archive.
import type { Stream } from "../config/schema/job_schema.ts";
import { Failure } from "../failure.ts";
import type { WireRequest } from "./http/request.ts";
import type { SendResult } from "./http/send_with_retries.ts";
import type { SentResponse } from "./ok_response.ts";
import type { ArchivedResponse } from "./page_archive.ts";

/** The result of a request whose response is archived, judged by what the job declares now. */
export function asSent(
  { status, headers, body, rest, url }: ArchivedResponse,
  request: WireRequest,
  { empty_statuses: emptyStatuses }: Stream,
): SendResult<SentResponse> {
  const isTaken = status >= 200 && status < 300;
  const isEmpty = emptyStatuses.includes(status);
  return {
    result: { status, headers, body, rest, url: url ?? request.url, ms: 0, credentials: [] },
    then: isTaken ? "take" : isEmpty ? "empty" : "fail",
    attempts: 1,
  };
}

/** The failure of a request to which the archive holds no response. */
export function notArchived(line: string): Failure {
  const message = `Cannot replay ${line}: the archive contains no response to it`;
  const hint = "Fetch it from the API: run again without --from-archive";
  return new Failure("window", message, { hint });
}

/**
 * The response with its whole body.
 *
 * @throws Failure("window") if it is larger than `limit` bytes.
 */
export async function wholeOf(
  archived: ArchivedResponse,
  limit: number,
): Promise<ArchivedResponse> {
  const { rest, body, ...response } = archived;
  if (rest === undefined) return archived;
  const parts: Uint8Array<ArrayBuffer>[] = [body];
  let bytes = body.length;
  for (let part = await rest.next(); part !== undefined; part = await rest.next()) {
    parts.push(new Uint8Array(part));
    if ((bytes += part.length) <= limit) continue;
    throw new Failure(
      "window",
      `Cannot read the archived response: it is larger than ${limit} bytes`,
      {
        hint: 'Raise "max_body" of the source',
      },
    );
  }
  return { ...response, body: new Uint8Array(await new Blob(parts).arrayBuffer()) };
}
