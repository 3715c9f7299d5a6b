// Owns templates of values: strings with `{path}` placeholders, such as `{course}/{date}`. A placeholder
// without a value makes the whole value null. Placeholders of requests have their own notation: config/template.ts.
import { isScalar } from "../cast/exact_number.ts";
import { Invalid } from "../cast/invalid.ts";
import { kindOf } from "../cast/kind_of.ts";
import { parsePath, type Path } from "./path.ts";

/**
 * Compiles a template; `finish` turns the string, or null, into the result.
 *
 * @throws {SyntaxError} where a placeholder is not a path, or a brace is unbalanced.
 */
export function compileTemplate<T>(
  template: string,
  isNull: (value: unknown) => boolean,
  finish: (value: unknown) => T,
): { paths: Path[]; read: (...found: unknown[]) => T } {
  const { texts, paths } = parseTemplate(template);
  const read = (...found: unknown[]) => {
    let text = texts[0]!;
    for (const [at, value] of found.entries()) {
      if (isNull(value)) return finish(null);
      if (!isScalar(value)) {
        return finish(new Invalid(`is ${kindOf(value)}, not a string`));
      }
      text += String(value).trim() + texts[at + 1]!;
    }
    return finish(text);
  };
  return { paths, read };
}

/** The paths of the placeholders, and the strings around them: one more than paths. */
function parseTemplate(template: string): { texts: string[]; paths: Path[] } {
  const [texts, paths] = [[""], [] as Path[]];
  for (const [part, path] of template.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g)) {
    if (path !== undefined) {
      paths.push(parsePath(path));
      texts.push("");
    } else if (part === "{" || part === "}") {
      throw new SyntaxError(
        `Cannot read template "${template}": "${part}" is unbalanced; write it twice for a literal brace`,
      );
    } else {
      texts[texts.length - 1] += part === "{{" ? "{" : part === "}}" ? "}" : part;
    }
  }
  return { texts, paths };
}
