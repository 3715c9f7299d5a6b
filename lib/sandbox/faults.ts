/**
 * Faults on demand: a small grammar, `kind:share[:argument]`, and what each kind does to a good response. The seed and the
 * number of a request decide whether it is hit, so a run can be repeated. To add a kind, add
 * an entry to {@linkcode faultKinds}.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { Failure } from "../failure.ts";
import { keyOf, mix } from "./world/random.ts";
import { refusal, type Reply } from "./reply.ts";

/** One `--fault`. */
export interface Fault {
  /** A key of {@linkcode faultKinds}, or an HTTP status from 400 to 599. */
  readonly kind: string;
  /** The share of requests that it hits, from 0 to 1. */
  readonly share: number;
  /** What follows the second colon; its meaning depends on the kind. */
  readonly argument: string;
}

/** The request that a fault hits. */
export interface Stricken {
  /** Its URL. */
  readonly url: URL;
  /** Counts from 1 over the life of the sandbox. */
  readonly number: number;
  /** Aborted when the sandbox closes. */
  readonly signal: AbortSignal;
}

/** A kind of fault. */
export interface FaultKind {
  /** A line for `--help`. */
  readonly summary: string;
  /** Corrupts a good response. */
  strike(reply: Reply, fault: Fault, request: Stricken): Reply;
}

/** Every kind by name; statuses such as `500` are kinds too. */
export const faultKinds: Readonly<Record<string, FaultKind>> = {
  reset: { summary: "close the connection in the middle of the body", strike: reset },
  truncate: { summary: "end the body in the middle, as if it were complete", strike: truncate },
  html: { summary: "an HTML page with status 200", strike: html },
  slow: {
    summary: "send the body slowly, over some ms (default 3000), as in slow:0.01:800",
    strike: slow,
  },
  drift: { summary: "declare one record too many from the second page on", strike: drift },
  withdraw: {
    summary: "omit the first runner of each day's cards, and the meeting of the last race",
    strike: withdraw,
  },
};

/**
 * Reads `500:0.05`, `slow:0.01:800` and the like.
 *
 * @throws {Failure} If the string is not a fault.
 */
export function parseFault(text: string): Fault {
  const [kind = "", share = "", ...rest] = text.split(":");
  if (!isStatus(kind) && !Object.hasOwn(faultKinds, kind)) {
    throw unreadable(text, `there is no kind "${kind}"`);
  }
  const number = share.trim() === "" ? NaN : Number(share);
  if (!(number >= 0 && number <= 1)) {
    throw unreadable(text, `the share is "${share}", expected a number from 0 to 1`);
  }
  return { kind, share: number, argument: rest.join(":") };
}

/** The first of the faults that hits request `number`, or `undefined`. */
export function drawFault(
  faults: readonly Fault[],
  seed: number,
  number: number,
): Fault | undefined {
  return faults.find(({ kind, share }, at) => {
    const roll = mix(mix(mix(seed, keyOf(kind)), at), number) / 4294967296;
    return roll < share;
  });
}

/** The response that the client receives when the fault hits. */
export function strike(reply: Reply, fault: Fault, request: Stricken): Reply {
  if (isStatus(fault.kind)) return status(fault);
  return faultKinds[fault.kind]!.strike(reply, fault, request);
}

function isStatus(kind: string): boolean {
  return /^[45]\d\d$/.test(kind);
}

/** `429:0.1` has Retry-After 1, `429:0.1:30` has 30, `429:0.1:none` has none. */
function status({ kind, argument }: Fault): Reply {
  const wait = argument === "" && kind === "429" ? "1" : argument;
  const headers = wait === "" || wait === "none" ? {} : { "retry-after": wait };
  return refusal(Number(kind), `The sandbox was configured to respond with ${kind}`, headers);
}

function truncate(reply: Reply): Reply {
  const body = String(reply.body);
  return { ...reply, body: body.slice(0, Math.floor(body.length / 2)) };
}

function html(reply: Reply): Reply {
  const body = "<!DOCTYPE html>\n<html><body><h1>Back in five minutes</h1></body></html>\n";
  return { ...reply, headers: { ...reply.headers, "content-type": "text/html" }, body };
}

function reset(reply: Reply): Reply {
  const bytes = new TextEncoder().encode(String(reply.body));
  const half = bytes.slice(0, Math.ceil(bytes.length / 2));
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) {
        return controller.error(new Error("The sandbox was configured to reset the connection"));
      }
      controller.enqueue(half);
      sent = true;
    },
  });
  return { ...reply, body };
}

const drops = 20;
const defaultDripMs = 3000;

function slow(reply: Reply, { argument }: Fault, { signal }: Stricken): Reply {
  const bytes = new TextEncoder().encode(String(reply.body));
  const pauseMs = (Number(argument) || defaultDripMs) / drops;
  const size = Math.max(1, Math.ceil(bytes.length / drops));
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await delay(pauseMs, { signal });
      controller.enqueue(bytes.slice(at, at += size));
      if (at >= bytes.length) controller.close();
    },
  });
  return { ...reply, body };
}

/** Leaves first pages alone, so that a client starts with the true total. */
function drift(reply: Reply, _fault: Fault, { url }: Stricken): Reply {
  const skipped = Number(url.searchParams.get("skip") ?? 0);
  if (reply.status !== 200 || !(skipped > 0)) return reply;
  const body = JSON.parse(String(reply.body)) as Record<string, unknown>;
  if (typeof body.total !== "number") return reply;
  return { ...reply, body: JSON.stringify({ ...body, total: body.total + 1 }) };
}

/** As if a runner had been withdrawn, and a meeting abandoned, since the cards were returned. */
function withdraw(reply: Reply): Reply {
  if (reply.status !== 200) return reply;
  const body = JSON.parse(String(reply.body)) as { racecards?: Card[]; total?: number };
  const { racecards, total = 0 } = body;
  const last = racecards?.at(-1);
  if (racecards === undefined || last === undefined) return reply;
  const kept = racecards.filter(({ course_id }) => course_id !== last.course_id)
    .map((card, at) => at > 0 ? card : { ...card, runners: card.runners.slice(1) });
  const rest = { racecards: kept, total: total - (racecards.length - kept.length) };
  return { ...reply, body: JSON.stringify({ ...body, ...rest }) };
}

interface Card {
  readonly course_id: string;
  readonly runners: readonly unknown[];
}

function unreadable(text: string, why: string): Failure {
  const kinds = ["a status such as 500", ...Object.keys(faultKinds)].join(", ");
  return new Failure("configuration", `Cannot read fault "${text}": ${why}`, {
    hint: `Write kind:share, as in 500:0.05; kinds are ${kinds}`,
  });
}
