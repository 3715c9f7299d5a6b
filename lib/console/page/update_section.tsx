// The daily update that this process performs: when it runs, and how it ended the last time.
import { formatCount, formatSeconds } from "../../report/text/format.ts";
import type { UpdateState } from "../state/console_state.ts";
import { type Section, Titled } from "./section.tsx";

/** The daily update. */
export const updateSection: Section = {
  id: "update",
  render: ({ state: { update } }) =>
    update === undefined ? null : (
      <Titled title="Daily update">
        <p>
          Updates run at <code>{update.schedule}</code> (UTC). {lastText(update)}
        </p>
        {update.last?.message == null ? null : <p class="reason">{update.last.message}</p>}
        <p class="quiet">
          For monitors: <a href="status.json">status.json</a> <a href="healthz">healthz</a>{" "}
          <a href="metrics">metrics</a>
        </p>
      </Titled>
    ),
};

function lastText({ running, more, last }: UpdateState): string {
  const now = running ? "An update is running. " : more ? "An update continues shortly. " : "";
  if (last === null) return `${now}No update has run yet.`;
  const { outcome, at, seconds, windows, rows } = last;
  return `${now}Last: ${outcome} at ${at.slice(0, 16).replace("T", " ")} UTC, ${
    formatCount(windows.done, "window")
  } and ${formatCount(rows, "row")} written in ${formatSeconds(seconds)}.`;
}
