// `deno task init`: writes a job file from questions on a terminal, from flags, from a sample of a response or from an
// OpenAPI document. The file passes `deno task check`, and an existing file is kept unless --force is given. It sends a
// request only on a terminal, after it was allowed to.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { answersOf, commandOf, FLAGS } from "../lib/cli/init/arguments.ts";
import { defaultFile, documentIn, refuseMistakes, sampleIn, write } from "../lib/cli/init/files.ts";
import { lines } from "../lib/cli/init/draft_lines.ts";
import { askQuestions, type Dialogue } from "../lib/cli/init/questions.ts";
import { requestOnce } from "../lib/cli/init/request_once.ts";
import { asStarted } from "../lib/cli/own_commands.ts";
import { schemaPathFrom } from "../lib/cli/modeline.ts";
import { draftOfAnswers, draftOfOpenApi, type InitAnswers } from "../lib/init/job_draft.ts";
import type { OpenApiDocument } from "../lib/init/openapi/document.ts";
import { writeJob } from "../lib/init/write_job.ts";

const ABOUT = `Writes a job file. On a terminal, it asks for --path or --url if they are missing.
Examples:
  deno task init --url https://api.example.com --path /v1/readings --date-param date --key id
  deno task init --openapi openapi.json --path /v1/readings`;

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("init [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  const document = documentIn(args.value("openapi"));
  let sample = sampleIn(args.value("sample"));
  const given = answersOf(args);
  const request = async (answers: InitAnswers) => {
    const response = await requestOnce(answers);
    sample = response?.sample;
    return response;
  };
  const asks = isLacking(given, document) && Deno.stdin.isTerminal();
  const answers = asks
    ? await askQuestions(given, { document, hasSample: sample !== undefined, request }, TERMINAL)
    : given;
  const draft = document === undefined
    ? draftOfAnswers(answers, sample)
    : draftOfOpenApi(document, answers);
  const file = args.value("out") ?? defaultFile(draft.name);
  const command = commandOf(answers, args);
  const text = writeJob(draft, schemaPathFrom(file), command);
  await refuseMistakes(file, text);
  write(file, text, args.has("force"), asks ? command : undefined);
  console.log(asStarted(lines(file, draft).join("\n"), undefined));
  return EXIT.done;
}

const TERMINAL: Dialogue = {
  ask: (question) => prompt(question),
  say: (line) => console.log(line),
};

/** Whether a job cannot be drafted without questions. */
function isLacking({ url, path }: InitAnswers, document: OpenApiDocument | undefined): boolean {
  return path === undefined || (url ?? document?.url) === undefined;
}

if (import.meta.main) await runCommand(main);
