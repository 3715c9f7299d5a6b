// The door of the console: answers HTTP requests for the page of one job, its live updates and its files. It
// opens no port and reads no environment. Invariant: nothing but /retry changes anything, and that only where
// the caller allows it.
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { Failure } from "../failure.ts";
import { formatInstant } from "../report/text/wait.ts";
import { METRICS_TYPE, metricsText } from "./metrics.ts";
import { type Access, HEADERS, isFromPage, isSame, refusalOf } from "./guard.ts";
import { entryId } from "./page/attention_section.tsx";
import { dayText } from "./page/day_text.ts";
import { statesOf } from "./page/heat_map.tsx";
import { errorHtml, type Fragments, fragmentsOf, pageHtml } from "./page/page.tsx";
import { type ConsoleState, StateReader, type StateSource } from "./state/console_state.ts";
import { keepMs } from "./state/read_part.ts";
import { sendUpdates } from "./updates.ts";
import css from "./page/browser/app.css" with { type: "text" };
import icon from "./page/browser/icon.svg" with { type: "text" };
import morph from "./page/browser/morph.js" with { type: "text" };
import script from "./page/browser/app.js" with { type: "text" };
import type { RetryEntry } from "../checkpoint/retry_entry.ts";

/** What the console serves, and to whom. */
export interface ConsoleOptions extends StateSource {
  /** Who may see it. */
  readonly access: Access;
  /** A command in the form in which Hindcast was started. */
  readonly command: (text: string) => string;
  /** Masks secrets and active characters in what is served. */
  readonly mask: (text: string) => string;
  /** Fetches a failed window again; undefined where the page only shows. */
  readonly retry: ((entry: RetryEntry) => void) | undefined;
  /** Ends the live updates. */
  readonly signal: AbortSignal;
}

/** A console that answers requests. */
export interface Console {
  /** Answers one request. */
  readonly answer: (request: Request) => Promise<Response>;
  /** Reads the state ahead of the first request. */
  readonly warm: () => void;
}

/** The files of the page. */
const FILES: readonly (readonly [path: string, text: string, type: string])[] = [
  ["/app.css", css, "text/css"],
  ["/app.js", script, "text/javascript"],
  ["/morph.js", morph, "text/javascript"],
  ["/icon.svg", icon, "image/svg+xml"],
];

/** Opens the console of a job; it reads nothing yet. */
export function openConsole(options: ConsoleOptions): Console {
  const { job, access, mask } = options;
  const reader = new StateReader(options);
  const token = options.retry === undefined ? undefined : crypto.randomUUID();
  const app = new Hono();
  app.use(async (context, next) => {
    const refusal = refusalOf(context.req.raw, access);
    if (refusal !== undefined) return refusal;
    await next();
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    return undefined;
  });
  servePage(app, options, reader, token);
  serveNumbers(app, options, reader);
  serveRetry(app, options, reader, token);
  app.onError((error, context) => {
    if (!(error instanceof Failure)) throw error;
    return context.html(mask(errorHtml(job.job, error.message, error.hint)), 503);
  });
  return {
    answer: (request) => Promise.resolve(app.fetch(request)),
    warm: () => void reader.state().catch(() => {}),
  };
}

/** The page, its files, and its live updates. */
function servePage(
  app: Hono,
  options: ConsoleOptions,
  reader: StateReader,
  token: string | undefined,
): void {
  const { command, mask, signal } = options;
  const draw = drawer(options, (state) => fragmentsOf({ state, command, token }, mask));
  app.get("/", async (context) => {
    const { state, fragments } = draw(await reader.state());
    return context.html(pageHtml(state, fragments));
  });
  for (const [path, text, type] of FILES) {
    const headers = { "content-type": `${type}; charset=utf-8` };
    app.get(path, (context) => context.body(text, 200, headers));
  }
  const update = async (isLast: boolean) => {
    const now = isLast ? await reader.fresh() : await reader.state();
    const { state, fragments: { above, maps, below } } = draw(now, isLast);
    return { fragments: [...above, ...maps, ...below], asOf: formatInstant(state.atMs) };
  };
  app.get(
    "/events",
    (context) => streamSSE(context, (stream) => sendUpdates(stream, update, signal)),
  );
}

/** The numbers of a day, and the metrics. */
function serveNumbers(app: Hono, { job, mask, live }: ConsoleOptions, reader: StateReader): void {
  app.get("/day", async (context) => {
    const { stream = "", day = "" } = context.req.query();
    const known = (await reader.state()).streams.find(({ name }) => name === stream);
    const states = known === undefined ? undefined : statesOf(known);
    if (states === undefined || !/^-?\d{1,7}$/.test(day)) return context.notFound();
    return context.text(mask(dayText(known!, states, Number(day))));
  });
  app.get("/metrics", async (context) => {
    const text = metricsText(job, await reader.state(), live.counters);
    return context.body(mask(text), 200, { "content-type": METRICS_TYPE });
  });
}

/** The one thing that the page can change: a failed window is fetched again. */
function serveRetry(
  app: Hono,
  { retry }: ConsoleOptions,
  reader: StateReader,
  token: string | undefined,
): void {
  app.post("/retry", async (context) => {
    if (retry === undefined || token === undefined) return context.text("Not allowed\n", 403);
    const { token: sent, entry: id } = await context.req.parseBody();
    if (!isFromPage(context.req.raw) || !isSame(String(sent), token)) {
      return context.text("This page is out of date: reload it\n", 403);
    }
    const entry = (await reader.state()).entries.find((one) => entryId(one) === id);
    if (entry === undefined) return context.text("The window is no longer listed\n", 404);
    retry(entry);
    return context.redirect("/", 303);
  });
}

/** A state as it is drawn. */
interface Drawn {
  readonly state: ConsoleState;
  readonly fragments: Fragments;
}

/** Draws states: all browsers share a drawing, and one that takes long, as of a long history, is kept longer. */
function drawer(
  { wallNow }: Pick<ConsoleOptions, "wallNow">,
  fragments: (state: ConsoleState) => Fragments,
): (state: ConsoleState, isNew?: boolean) => Drawn {
  let drawn: Drawn | undefined;
  let expiresAtMs = 0;
  return (state, isNew = false) => {
    const startedAtMs = wallNow();
    if (drawn !== undefined && startedAtMs < expiresAtMs && !isNew) return drawn;
    drawn = { state, fragments: fragments(state) };
    const nowMs = wallNow();
    expiresAtMs = nowMs + keepMs(900, nowMs - startedAtMs);
    return drawn;
  };
}
