// Owns templates of values: text with `{path}` placeholders, such as `{course}/{date}`. One placeholder
// without a value is no value at all. Placeholders of requests are another notation: config/template.ts.
import { Invalid } from "../cast/invalid.ts";
import { kindOf } from "../cast/kind_of.ts";
import { parsePath, type Path } from "./path.ts";

/**
 * Compiles a template; `finish` turns the text, or null, into what is returned.
 *
 * @throws {SyntaxError} where a placeholder is not a path, or a brace has no partner.
 */
export function compileTemplate<T>(
  template: string,
  isNone: (value: unknown) => boolean,
  finish: (value: unknown) => T,
): { paths: Path[]; read: (...found: unknown[]) => T } {
  const { texts, paths } = parseTemplate(template);
  const read = (...found: unknown[]) => {
    let text = texts[0]!;
    for (const [at, value] of found.entries()) {
      if (isNone(value)) return finish(null);
      if (typeof value === "object") return finish(new Invalid(`is ${kindOf(value)}, not a text`));
      text += String(value).trim() + texts[at + 1]!;
    }
    return finish(text);
  };
  return { paths, read };
}

/** The paths of the placeholders and the texts around them: one more than there are paths. */
function parseTemplate(template: string): { texts: string[]; paths: Path[] } {
  const [texts, paths] = [[""], [] as Path[]];
  for (const [part, path] of template.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g)) {
    if (path !== undefined) {
      paths.push(parsePath(path));
      texts.push("");
    } else if (part === "{" || part === "}") {
      throw new SyntaxError(
        `Cannot read template "${template}": "${part}" has no partner; write it twice to mean itself`,
      );
    } else {
      texts[texts.length - 1] += part === "{{" ? "{" : part === "}}" ? "}" : part;
    }
  }
  return { texts, paths };
}
