// What docs/recipes.md shows is in the jobs that it names, line by line, or is a valid part of a stream.
import { assert } from "@std/assert";
import { parse } from "yaml";
import { jobOf } from "../fetch/job.ts";
import { REPOSITORY } from "../support/repository.ts";

Deno.test("docs/recipes.md shows what is in config/", () => {
  const page = Deno.readTextFileSync(`${REPOSITORY}/docs/recipes.md`);
  const sections = page.split(/^## /m).slice(1);
  for (const section of sections) {
    const file = /`(config\/\w+\.yaml)`/.exec(section)?.[1];
    const excerpt = /```yaml\n(.*?)```/s.exec(section)?.[1];
    assert(excerpt !== undefined, section.slice(0, 60));
    if (file === undefined) {
      const excerpts = [...section.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1]!);
      for (const part of excerpts) jobOf("https://api.test", parse(part));
      continue;
    }
    const job = Deno.readTextFileSync(`${REPOSITORY}/${file}`);
    assert(flat(job).includes(flat(excerpt)), `${file} does not hold:\n${excerpt}`);
  }
});

/** The text without the indentation of its lines. */
function flat(text: string): string {
  return text.replace(/^ +/gm, "");
}
