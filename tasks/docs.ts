// `deno task docs`: writes the generated files: the JSON Schema for editors and the tables of the reference
// page, from the job schema, and the page of estimates, from the racing job. It reads no environment.
import { jobJsonSchema } from "../lib/config/schema/json_schema.ts";
import { withReference } from "../lib/config/schema/reference_page.ts";
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { estimatesPage } from "../config/racing_estimates.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { openJob } from "../lib/cli/open_job.ts";

const SCHEMA = "config/job.schema.json";
const PAGE = "docs/keys.md";
const ESTIMATES = "docs/estimates.md";

async function main(argv: string[]): Promise<number> {
  if (readArguments(argv, {}).has("help")) {
    const about = `Writes ${SCHEMA}, the tables of ${PAGE}, and ${ESTIMATES}.`;
    console.log(helpText("docs", about, {}));
    return EXIT.done;
  }
  await Deno.writeTextFile(SCHEMA, jobJsonSchema());
  await Deno.writeTextFile(PAGE, withReference(await Deno.readTextFile(PAGE)));
  await Deno.writeTextFile(
    ESTIMATES,
    estimatesPage(await openJob("config/racing.yaml", () => undefined)),
  );
  console.log(`wrote ${SCHEMA}, the tables of ${PAGE}, and ${ESTIMATES}`);
  return EXIT.done;
}

if (import.meta.main) await runCommand(main);
