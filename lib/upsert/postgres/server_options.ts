// Reads command-line options for a server, as libpq's `options` parameter has them. They become
// settings of each transaction instead of the session: a connection pooler accepts no such options, and
// what a session sets stays for the pooler's next client. Pure.

/** The settings in `-c name=value` or `--name=value`; undefined if there is any other option. */
export function readServerOptions(options: string): Record<string, string> | undefined {
  const settings: Record<string, string> = {};
  const words = wordsOf(options);
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const assignment = word === "-c" ? words[++at] : /^(?:-c|--)(.+)$/s.exec(word)?.[1];
    const match = /^([A-Za-z_][\w.-]*)=(.*)$/s.exec(assignment ?? "");
    if (match === null) return undefined;
    settings[match[1]!.replaceAll("-", "_")] = match[2]!;
  }
  return settings;
}

/** Words separated by white space; a backslash escapes the next character, as in libpq. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:\\.|[^\\\s])+/gs) ?? [];
  return words.map((word) => word.replace(/\\(.)/gs, "$1"));
}
