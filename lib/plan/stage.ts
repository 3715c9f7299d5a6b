// Owns which streams run, and which of them run concurrently. Groups run one after the other in the order
// of the file; the streams of a group run concurrently, except that a stream with a query on the target
// runs after the streams that feed it.
import { suggest } from "../did_you_mean.ts";
import type { Job } from "../config/schema/job.ts";
import { Failure } from "../failure.ts";
import { feedingLevels } from "./feeding.ts";

/** Which streams of a job to run. */
export interface Selection {
  /** Groups to run; all where empty. */
  readonly groups: readonly string[];
  /** Streams to run, optional ones included; all that are not optional where empty. */
  readonly only: readonly string[];
  /** Optional streams to run in addition. */
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
 * @throws {Failure} of kind `configuration` if it names something the job does not have, or selects no stream.
 */
export function selectStreams(job: Job, selection: Selection): string[] {
  const groups = groupsOf(job);
  const all = Object.keys(job.streams);
  for (const name of selection.groups) known(name, groups, "group");
  for (const name of [...selection.only, ...selection.with]) known(name, all, "stream");
  for (const name of selection.without) known(name, [...groups, ...all], "group or stream");
  const chosen = all.filter((name) => isChosen(job, name, selection));
  if (chosen.length > 0) return chosen;
  throw new Failure("configuration", "Cannot run: the options select no stream", {
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
    `Cannot run ${what} "${name}": the job has no ${what} with this name`,
    {
      hint: near === undefined ? `Choose one of ${names.join(", ")}` : `Did you mean "${near}"?`,
    },
  );
}

/** The streams in stages: the streams of a stage run concurrently, the stages one after the other. */
export function stagesOf(job: Job, streams: readonly string[]): string[][] {
  const stages: string[][] = [];
  for (const group of groupsOf(job)) {
    const members = streams.filter((name) => job.streams[name]?.group === group);
    stages.push(
      ...feedingLevels(Object.fromEntries(members.map((name) => [name, job.streams[name]!]))),
    );
  }
  return stages.filter((stage) => stage.length > 0);
}
