// Owns the page: the order of its sections, and the fragments of which it consists. The page and the live
// updates consist of the same fragments, so they cannot differ. Every value is escaped by the renderer.
import type { FC } from "hono/jsx";
import { raw } from "hono/html";
import { formatInstant } from "../../report/text/wait.ts";
import { attentionSection } from "./attention_section.tsx";
import { Legend } from "./coverage_section.tsx";
import { driftSection } from "./drift_section.tsx";
import { StreamMap } from "./heat_map.tsx";
import {
  archiveSection,
  limitsSection,
  runsSection,
  tablesSection,
  verificationSection,
} from "./record_sections.tsx";
import { runSection } from "./run_section.tsx";
import type { ConsoleState } from "../state/console_state.ts";
import type { Section, View } from "./section.tsx";
import { summarySection } from "./summary_section.tsx";
import { updateSection } from "./update_section.tsx";
import { workersSection } from "./workers_section.tsx";

/** Sections above the heat maps. */
const ABOVE: readonly Section[] = [
  summarySection,
  updateSection,
  followed(runSection, workersSection),
  followed(attentionSection, driftSection),
];

/** Sections below them. */
const BELOW: readonly Section[] = [
  limitsSection,
  verificationSection,
  runsSection,
  tablesSection,
  archiveSection,
];

/** A section with another one that belongs to it, in one fragment. */
function followed({ id, render }: Section, by: Section): Section {
  return {
    id,
    render: (view) => {
      const more = by.render(view);
      return <>{render(view)}{more === null ? null : <div id={by.id}>{more}</div>}</>;
    },
  };
}

/** A part of the page that is replaced as a whole. */
export interface Fragment {
  /** Id of its element. */
  readonly id: string;
  /** Its content as HTML; empty where there is nothing to show. */
  readonly html: string;
}

/** The fragments of the page, by where they are on it. */
export interface Fragments {
  /** Above the heat maps. */
  readonly above: readonly Fragment[];
  /** The heat maps. */
  readonly maps: readonly Fragment[];
  /** Below them. */
  readonly below: readonly Fragment[];
}

/** All fragments of the page; `mask` removes secrets from their HTML. */
export function fragmentsOf(view: View, mask: (text: string) => string): Fragments {
  const masked = (id: string, content: unknown): Fragment => ({
    id,
    html: mask(String(content ?? "")),
  });
  const { streams } = view.state;
  return {
    above: ABOVE.map(({ id, render }) => masked(id, render(view))),
    maps: streams.map((stream, at) =>
      masked(`stream-${at}`, <StreamMap stream={stream} streams={streams.length} />)
    ),
    below: BELOW.map(({ id, render }) => masked(id, render(view))),
  };
}

/** The page as HTML. */
export function pageHtml(
  { job, target, atMs }: ConsoleState,
  { above, maps, below }: Fragments,
): string {
  return `<!doctype html>${(
    <html lang="en">
      <Head title={`${job} · Hindcast`} />
      <body>
        <header>
          <h1>{job}</h1>
          <p class="quiet">
            in <span>{target}</span>, as of <time id="as-of">{formatInstant(atMs)}</time>
            <span id="connection" role="status" />
          </p>
        </header>
        <main>
          <Slots fragments={above} />
          <section>
            <h2>Coverage</h2>
            <Legend />
            <Slots fragments={maps} />
          </section>
          <Slots fragments={below} />
        </main>
        <div id="tip" role="tooltip" hidden />
      </body>
    </html>
  )}`;
}

/** The page where the state cannot be read. */
export function errorHtml(job: string, message: string, hint: string | undefined): string {
  return `<!doctype html>${(
    <html lang="en">
      <Head title={`${job} · Hindcast`} />
      <body>
        <header>
          <h1>{job}</h1>
        </header>
        <main>
          <section>
            <p class="headline attention" role="status">
              <strong>state unknown</strong> {message}
            </p>
            {hint === undefined ? null : <p>{hint}</p>}
          </section>
        </main>
      </body>
    </html>
  )}`;
}

const Head: FC<{ title: string }> = ({ title }) => (
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <meta name="color-scheme" content="light dark" />
    <title>{title}</title>
    <link rel="icon" href="icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="app.css" />
    <script src="app.js" type="module" />
    <noscript>
      <meta http-equiv="refresh" content="30" />
    </noscript>
  </head>
);

const Slots: FC<{ fragments: readonly Fragment[] }> = ({ fragments }) => (
  <>{fragments.map(({ id, html }) => <div id={id} class="slot">{raw(html)}</div>)}</>
);
