// The job files in docs/config.md, as tests read them.

const PAGE = new URL("../../docs/config.md", import.meta.url);

/** The text of the page. */
const CONFIG_PAGE: string = Deno.readTextFileSync(PAGE);

/** The fenced blocks of the page that are whole jobs. */
export const EXAMPLES: readonly string[] = [...CONFIG_PAGE.matchAll(/^```yaml\n(.*?)^```/gms)]
  .map(([, text = ""]) => text)
  .filter((text) => /^job:/m.test(text));

/** The fenced blocks of the page that are parts of a job. */
export const PARTS: readonly string[] = [...CONFIG_PAGE.matchAll(/^```yaml\n(.*?)^```/gms)]
  .map(([, text = ""]) => text)
  .filter((text) => !/^job:/m.test(text));
