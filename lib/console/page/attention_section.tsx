// Windows that failed and windows with rejected rows: why, since when, and the command that fetches each again.
// Where actions are allowed, a failed window has a button too.
import type { FC } from "hono/jsx";
import type { RetryEntry } from "../../checkpoint/retry_entry.ts";
import { formatCount, formatWindow } from "../../report/text/format.ts";
import { resumeCommand } from "../../verify/resume_command.ts";
import { Command, type Section, Titled, type View } from "./section.tsx";

/** Windows shown, and those of them that can be seen at once; `errors` lists all. */
const [SHOWN, SHOWN_AT_ONCE] = [40, 5];

/** Rejected rows shown of one window. */
const ROWS_SHOWN = 5;

/** Failed windows and rejected rows. */
export const attentionSection: Section = {
  id: "attention",
  render: (view: View) => {
    const { entries, run } = view.state;
    if (entries.length === 0) return null;
    const more = entries.length - SHOWN;
    const isBusy = run !== undefined && !run.ended;
    const shown = failedFirst(entries).slice(0, SHOWN);
    const list = (some: readonly RetryEntry[]) => (
      <ul class="entries">
        {some.map((entry) => <Entry entry={entry} view={view} isBusy={isBusy} />)}
      </ul>
    );
    return (
      <Titled title="Needs attention" note={formatCount(entries.length, "window")}>
        {list(shown.slice(0, SHOWN_AT_ONCE))}
        {shown.length <= SHOWN_AT_ONCE ? null : (
          <details>
            <summary>{formatCount(shown.length - SHOWN_AT_ONCE, "more window")}</summary>
            {list(shown.slice(SHOWN_AT_ONCE))}
          </details>
        )}
        {more <= 0 ? null : (
          <p class="quiet">
            and {formatCount(more, "more window")}:{" "}
            <Command text={view.command("deno task errors")} />
          </p>
        )}
      </Titled>
    );
  },
};

function failedFirst(entries: readonly RetryEntry[]): RetryEntry[] {
  return entries.toSorted((a, b) => a.kind === b.kind ? 0 : a.kind === "failed" ? -1 : 1);
}

const Entry: FC<{ entry: RetryEntry; view: View; isBusy: boolean }> = (
  { entry, view, isBusy },
) => {
  const { stream, scope, each, window, kind, at, reason, hint, rejected } = entry;
  const more = rejected.length - ROWS_SHOWN;
  return (
    <li class={kind} data-key={entryId(entry)}>
      <p>
        <strong>{kind}</strong> <b>{stream}</b> {each} {scope === "" ? null : <code>{scope}</code>}
        {" "}
        {window === null ? "" : formatWindow(window)}
        <time class="quiet" datetime={at}>at {at.slice(0, 16).replace("T", " ")} UTC</time>
      </p>
      <p class="reason">{reason}</p>
      {hint === undefined ? null : <p class="quiet">{hint}</p>}
      {rejected.length === 0 ? null : (
        <ul class="rejected">
          {rejected.slice(0, ROWS_SHOWN).map(({ table, column, reason, value }) => (
            <li>
              <code>{column === null ? table : `${table}.${column}`}</code> {reason}{" "}
              {value === "" ? null : <code class="value">{value.slice(0, 200)}</code>}
            </li>
          ))}
          {more > 0 ? <li class="quiet">and {formatCount(more, "row")} more</li> : null}
        </ul>
      )}
      <div class="act">
        <Command text={view.command(resumeCommand(stream, scope, window))} />
        {canRetry(entry, view) ? <Retry entry={entry} view={view} isBusy={isBusy} /> : null}
      </div>
    </li>
  );
};

/** The button that fetches a window again. */
const Retry: FC<{ entry: RetryEntry; view: View; isBusy: boolean }> = (
  { entry, view, isBusy },
) => (
  <form method="post" action="retry">
    <input type="hidden" name="token" value={view.token} />
    <input type="hidden" name="entry" value={entryId(entry)} />
    <button type="submit" disabled={isBusy} title={isBusy ? "A run is in progress" : undefined}>
      Retry now
    </button>
  </form>
);

/** Whether a run with the present parameters fetches the window of an entry. */
function canRetry({ stream, scope, kind }: RetryEntry, { token, state: { streams } }: View) {
  return token !== undefined && kind === "failed" &&
    streams.some((one) => one.name === stream && one.scope === scope);
}

/** Identifies an entry among those of a job. */
export function entryId({ stream, scope, each, window }: RetryEntry): string {
  return JSON.stringify([stream, scope, each, window?.from ?? null, window?.to ?? null]);
}
