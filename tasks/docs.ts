// Owns the command `docs`: writes what is generated from the job schema, the JSON Schema for editors and
// the tables of the reference page. It reads no job and needs no environment.
import { jobJsonSchema } from "../lib/config/json_schema.ts";
import { withReference } from "../lib/config/reference_page.ts";
import { helpText, readArguments } from "./arguments.ts";
import { EXIT, runCommand } from "./exit.ts";

const SCHEMA = "config/job.schema.json";
const PAGE = "docs/config.md";

async function main(argv: string[]): Promise<number> {
  if (readArguments(argv, {}).has("help")) {
    console.log(helpText("docs", `Writes ${SCHEMA} and the tables of ${PAGE}.`, {}));
    return EXIT.done;
  }
  await Deno.writeTextFile(SCHEMA, jobJsonSchema());
  await Deno.writeTextFile(PAGE, withReference(await Deno.readTextFile(PAGE)));
  console.log(`wrote ${SCHEMA} and the tables of ${PAGE}`);
  return EXIT.done;
}

if (import.meta.main) await runCommand(main);
