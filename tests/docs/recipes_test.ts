// What docs/recipes.md shows stands in the jobs it names, line by line.
import { assert } from "@std/assert";
import { REPOSITORY } from "../support/repository.ts";

Deno.test("docs/recipes.md shows what stands in config/", () => {
  const page = Deno.readTextFileSync(`${REPOSITORY}/docs/recipes.md`);
  const sections = page.split(/^## /m).slice(1);
  for (const section of sections) {
    const file = /`(config\/\w+\.yaml)`/.exec(section)?.[1];
    const excerpt = /```yaml\n(.*?)```/s.exec(section)?.[1];
    assert(file !== undefined && excerpt !== undefined, section.slice(0, 60));
    const job = Deno.readTextFileSync(`${REPOSITORY}/${file}`);
    assert(flat(job).includes(flat(excerpt)), `${file} does not hold:\n${excerpt}`);
  }
});

/** The text without the indentation of its lines. */
function flat(text: string): string {
  return text.replace(/^ +/gm, "");
}
