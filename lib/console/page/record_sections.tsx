// The records of a job other than its days: limits, the last verification, runs, tables and the archive.
import type { FC } from "hono/jsx";
import type { RunRecord } from "../../checkpoint/run_log.ts";
import { formatCount, formatNumber, formatSeconds, oneLine } from "../../report/text/format.ts";
import { formatInstant } from "../../report/text/wait.ts";
import { type Summary, vanishedRows } from "../../report/summary.ts";
import type { LimitUse } from "../state/limit_use.ts";
import { Command, type Section, Table, Titled } from "./section.tsx";

/** The use of limits. */
export const limitsSection: Section = {
  id: "limits",
  render: ({ state: { limits } }) => {
    if (limits.length === 0) return null;
    const accounts = new Set(limits.flatMap(({ account }) => account ?? []));
    return (
      <Titled title="Limits">
        <Table
          label="Use of limits"
          head={["Limit", "Of", "Used", "Left", "Resets"]}
          texts={2}
          rows={limits.map((use) => [
            <b>{use.limit}</b>,
            ofText(use, accounts.size > 1),
            use.used === null ? "–" : formatNumber(use.used),
            use.used === null ? "–" : formatNumber(Math.max(0, use.allowed - use.used)),
            resetText(use),
          ])}
        />
      </Titled>
    );
  },
};

function ofText({ stream, account }: LimitUse, withAccount: boolean): string {
  const of = stream === null ? "the API" : `the stream ${stream}`;
  return withAccount && account !== null ? `${of}, account ${account}` : of;
}

function resetText({ resetsAtMs, pausedUntilMs, used }: LimitUse): string {
  if (pausedUntilMs !== null) return `paused until ${formatInstant(pausedUntilMs)}`;
  if (used === null) return "sets the pace";
  return resetsAtMs === null ? "unused" : formatInstant(resetsAtMs);
}

/** The last verification. */
export const verificationSection: Section = {
  id: "verification",
  render: ({ state: { verified, runs }, command }) => {
    if (verified === undefined) {
      return runs.length === 0 ? null : (
        <Titled title="Verification">
          <p>
            Not verified yet. <Command text={command("deno task verify")} />
          </p>
        </Titled>
      );
    }
    const { checks, coverage, findings, at } = verified;
    return (
      <Titled title="Verification" note={`at ${formatInstant(Date.parse(at))}`}>
        <ul class="checks">
          {checks.map(({ name, about, ok, expected, reason }) => (
            <li class={ok ? expected === null ? "shown" : "pass" : "fail"}>
              <strong>{ok ? expected === null ? "shown" : "pass" : "fail"}</strong> <b>{name}</b>
              {" "}
              <span>{reason ?? about ?? ""}</span>
            </li>
          ))}
          {coverage === null ? null : (
            <li class={coverage ? "pass" : "fail"}>
              <strong>{coverage ? "pass" : "fail"}</strong> <b>coverage</b>{" "}
              <span>
                {coverage ? "agrees with the database" : findings.map(oneLine).join("; ")}
              </span>
            </li>
          )}
        </ul>
      </Titled>
    );
  },
};

/** The last runs. */
export const runsSection: Section = {
  id: "runs",
  render: ({ state: { runs, run } }) =>
    runs.length === 0 ? null : (
      <Titled title="Runs">
        <RunsTable runs={runs} current={run?.ended === false ? run.run : undefined} />
      </Titled>
    ),
};

/** Rows that vanished have a column where a run noticed some. */
const RunsTable: FC<{ runs: readonly RunRecord[]; current: string | undefined }> = (
  { runs, current },
) => {
  const vanished = runs.map(({ summary }) =>
    summary === undefined ? 0 : vanishedRows(summary as Summary)
  );
  const isShown = vanished.some((count) => count > 0);
  return (
    <Table
      label="Last runs"
      head={[
        ...["Started", "Dates", "Outcome", "Windows", "Requests", "New", "Changed"],
        ...isShown ? ["Vanished"] : [],
        "Time",
      ]}
      texts={3}
      rows={runs.map((run, at) => {
        const all = runCells(run, run.run === current);
        const [cells, time] = [all.slice(0, -1), all.at(-1)];
        return [...cells, ...isShown ? [formatNumber(vanished[at]!)] : [], time];
      })}
    />
  );
};

function runCells(
  { startedAt, options, kind, summary: recorded, endedAt }: RunRecord,
  isCurrent: boolean,
) {
  const summary = recorded as Summary | undefined;
  const rows = Object.values(summary?.rows ?? {});
  const sum = (name: "inserted" | "updated") =>
    formatNumber(rows.reduce((total, counts) => total + counts[name], 0));
  const dates = [...new Set([options.start, options.end].filter((day) => day !== undefined))];
  const open = isCurrent ? "in progress" : "not ended";
  const outcome = endedAt === undefined ? open : summary?.outcome ?? "";
  return [
    `${startedAt.slice(0, 16).replace("T", " ")} UTC`,
    dates.map(String).join(" to "),
    <span class={summary?.outcome ?? ""}>{outcome}{kind === "cron" ? ", update" : ""}</span>,
    ...summary === undefined ? ["", "", "", "", ""] : [
      summary.windows.failed === 0
        ? formatNumber(summary.windows.done)
        : `${formatNumber(summary.windows.done)}, ${formatNumber(summary.windows.failed)} failed`,
      formatNumber(summary.requests),
      sum("inserted"),
      sum("updated"),
      formatSeconds(summary.seconds),
    ],
  ];
}

/** The tables of the job. */
export const tablesSection: Section = {
  id: "tables",
  render: ({ state: { tables } }) => {
    const rows = Object.entries(tables);
    return rows.length === 0
      ? null
      : (
        <Titled title="Tables" note={formatCount(rows.length, "table")}>
          <ul class="tables">
            {rows.map(([name, count]) => (
              <li>
                <code>{name}</code> <span class="n">{formatNumber(count)}</span>
              </li>
            ))}
          </ul>
        </Titled>
      );
  },
};

/** What the archive holds. */
export const archiveSection: Section = {
  id: "archive",
  render: ({ state: { archive } }) => {
    if (archive === undefined) return null;
    const { responses, bytes, from, to } = archive;
    const days = from === null ? "" : `, of windows from ${[...new Set([from, to])].join(" to ")}`;
    return (
      <Titled title="Archive">
        <p>
          {formatCount(responses, "response")}, {(bytes / 1e6).toFixed(1)} MB{days}
        </p>
      </Titled>
    );
  },
};
