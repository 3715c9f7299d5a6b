// Owns what `check` does once its arguments are read: it reads job files and prints the problems of each, or the job
// with its defaults. It contacts neither the API nor the database.
import { formatCount } from "../../report/text/format.ts";
import type { Arguments } from "../arguments.ts";
import { EXIT } from "../exit.ts";
import { plainHttpProblem } from "../../config/exposure.ts";
import { explainJob } from "../../config/explain.ts";
import { inclusiveEndNotes } from "../../config/inclusive_end.ts";
import { formatProblem, type Problem } from "../../config/yaml/problem.ts";
import { inspectJob, type JobReading } from "../../config/read_job.ts";
import { readEnvFiles } from "../launch/env_files.ts";
import { REPOSITORY_JOB } from "../launch/needs.ts";
import { asStarted } from "../own_commands.ts";
import { modelineAdvice } from "../modeline.ts";
import { readText } from "../read_text.ts";
import { defaultJob } from "../default_job.ts";
import { fitText } from "../terminal/fit_text.ts";

/** Checks job files, or the default one where none is named; resolves to the exit code. */
export async function check(args: Arguments): Promise<number> {
  const env = await openEnvironment();
  const named = [args.value("config") ?? [], args.rest].flat();
  const files = named.length === 0 ? [defaultJob(env, REPOSITORY_JOB)] : named;
  const readings: [file: string, reading: JobReading][] = [];
  const texts = new Map<string, string>();
  const keeping = async (path: string) => {
    texts.set(path, await readText(path));
    return texts.get(path)!;
  };
  for (const file of files) {
    readings.push([file, await inspectJob(file, { readText: keeping, env })]);
  }
  const isFine = readings.every(([, { problems }]) => problems.length === 0);
  if (args.has("json")) printJson(readings, isFine);
  else {
    for (const [file, reading] of readings) {
      printReading(file, reading, args.has("explain"));
      const advice = args.has("explain") ? undefined : modelineAdvice(file, texts.get(file) ?? "");
      if (reading.problems.length > 0 || args.has("explain")) continue;
      const notes = reading.job === undefined ? [] : inclusiveEndNotes(reading.job);
      const renamed = reading.oldKeys.map(renameNote);
      for (const hint of [renamed, advice ?? [], notes].flat()) printNote(`hint: ${hint}`);
    }
  }
  return isFine ? EXIT.done : EXIT.usage;
}

function printJson(readings: readonly [string, JobReading][], ok: boolean): void {
  const files = readings.map(([file, { problems }]) => ({
    file,
    ok: problems.length === 0,
    problems: problems.map(({ file, line, column, message }) => ({
      file,
      line: line || null,
      column: column || null,
      message,
    })),
  }));
  console.log(JSON.stringify({ ok, files }));
}

function printReading(file: string, { job, root, problems }: JobReading, explain: boolean): void {
  if (problems.length > 0) return printProblems(file, problems);
  if (explain && root !== undefined) return console.log(explainJob(root).trimEnd());
  const counts = [counted("stream", job?.streams), counted("table", job?.tables)];
  print(`${file}: ok   job ${job?.job}   ${counts.join("   ")}`);
  for (const [host, names] of job?.sentVariables ?? []) {
    print(`  sends ${names.join(", ")} to ${host}`);
  }
  const exposed = job === undefined ? undefined : plainHttpProblem(job);
  if (exposed !== undefined) printNote(`warning: ${exposed}`);
}

function print(text: string): void {
  console.log(fitText(text, Deno.stdout));
}

function printNote(text: string): void {
  console.error(fitText(text, Deno.stderr));
}

function renameNote({ file, line, column, message }: Problem): string {
  return `${file}:${line}:${column}: ${message}; the old name still works`;
}

function counted(noun: string, entries: object = {}): string {
  return formatCount(Object.keys(entries).length, noun);
}

function printProblems(file: string, problems: readonly Problem[]): void {
  const count = formatCount(problems.length, "problem");
  printNote(problems.map(formatProblem).join("\n"));
  printNote(`\nerror: Cannot use job file "${file}": ${count}`);
  printNote(asStarted(`hint: ${hintFor(problems)}`, file));
}

function hintFor(problems: readonly Problem[]): string {
  if (problems.every(({ line }) => line === 0)) {
    return "Name a job file, or write one with deno task init";
  }
  return problems.some(({ message }) => message.startsWith("cannot read the YAML"))
    ? "Correct the YAML and check it again with deno task check; it then checks the rest of the file"
    : "Correct it and check it again with deno task check; docs/keys.md lists every key";
}

/** Looks up variables in the environment, then in .env.local and .env. */
async function openEnvironment(): Promise<(name: string) => string | undefined> {
  const files = await readEnvFiles();
  return (name) => Deno.env.get(name) ?? (Object.hasOwn(files, name) ? files[name] : undefined);
}
