// Owns which streams run, and which of them side by side. Groups run one after the other in the order
// of the file; within a group all streams run at once, but those that take their values from the target
// wait for the others to have filled it.
import { suggest } from "../did_you_mean.ts";
import type { Job } from "../config/schema/job.ts";
import { Failure } from "../failure.ts";
import { isFedByTarget } from "./each_values.ts";

/** Which streams of a job are asked for. */
export interface Selection {
  /** Groups to run; all where empty. */
  readonly groups: readonly string[];
  /** Streams to run, optional ones included; all that are not optional where empty. */
  readonly only: readonly string[];
  /** Optional streams to run besides. */
  readonly with: readonly string[];
  /** Groups and streams to leave out. */
  readonly without: readonly string[];
}

/** The groups of a job in the order they run. */
export function groupsOf(job: Job): string[] {
  return [...new Set(Object.values(job.streams).map((stream) => stream.group))];
}

/**
 * The streams that a selection names, in the order of the job.
 *
 * @throws {Failure} of kind `configuration` where it names what the job does not have, or leaves nothing.
 */
export function selectStreams(job: Job, selection: Selection): string[] {
  const groups = groupsOf(job);
  const all = Object.keys(job.streams);
  for (const name of selection.groups) known(name, groups, "group");
  for (const name of [...selection.only, ...selection.with]) known(name, all, "stream");
  for (const name of selection.without) known(name, [...groups, ...all], "group or stream");
  const chosen = all.filter((name) => isChosen(job, name, selection));
  if (chosen.length > 0) return chosen;
  throw new Failure("configuration", "Cannot run: the options leave no stream", {
    hint: `The job has the streams ${all.join(", ")}`,
  });
}

function isChosen(job: Job, name: string, selection: Selection): boolean {
  const stream = job.streams[name]!;
  const { groups, only, without } = selection;
  if (without.includes(name) || without.includes(stream.group)) return false;
  if (only.length > 0) return only.includes(name);
  if (selection.with.includes(name)) return true;
  return !stream.optional && (groups.length === 0 || groups.includes(stream.group));
}

function known(name: string, names: readonly string[], what: string): void {
  if (names.includes(name)) return;
  const near = suggest(name, names);
  throw new Failure(
    "configuration",
    `Cannot run ${what} "${name}": the job has none of that name`,
    {
      hint: near === undefined ? `There are ${names.join(", ")}` : `Did you mean "${near}"?`,
    },
  );
}

/** The streams in stages: those of a stage run side by side, stages one after the other. */
export function stagesOf(job: Job, streams: readonly string[]): string[][] {
  const stages: string[][] = [];
  for (const group of groupsOf(job)) {
    const members = streams.filter((name) => job.streams[name]?.group === group);
    stages.push(members.filter((name) => !isFedByTarget(job.streams[name]!)));
    stages.push(members.filter((name) => isFedByTarget(job.streams[name]!)));
  }
  return stages.filter((stage) => stage.length > 0);
}
