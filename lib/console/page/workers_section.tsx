// The processes that work on the run: where each runs, since when, what it has done, and its last heartbeat.
import { formatNumber } from "../../report/text/format.ts";
import { formatInstant } from "../../report/text/wait.ts";
import type { WorkerView } from "../../upsert/worker_view.ts";
import { type Section, Table, Titled } from "./section.tsx";

/** The workers that have not left. */
export const workersSection: Section = {
  id: "workers",
  render: ({ state: { workers } }) =>
    workers.length === 0 ? null : (
      <Titled title="Workers">
        <Table
          label="Workers"
          head={[
            ...["Worker", "Where", "Since", "Windows", "Claimed", "Requests", "Rate"],
            "Last heartbeat",
          ]}
          texts={3}
          rows={workers.map(cells)}
        />
      </Titled>
    ),
};

function cells(worker: WorkerView): string[] {
  const { name, host, pid, started_at, seen_at, windows, claimed, requests, per_second } = worker;
  return [
    name,
    `process ${pid} on ${host}`,
    formatInstant(Date.parse(started_at)),
    ...[windows, claimed, requests].map(formatNumber),
    `${per_second}/s`,
    `${new Date(seen_at).toISOString().slice(11, 19)} UTC`,
  ];
}
