// Owns the suggestion what to write in a job about a value that cannot be cast to its column: another format, a
// decimal comma, a string that means null. Pure. The user has to judge the suggestion: a value only hints at how the
// others are written.

/** What to add next to the path of a column of this type for a value, given as JSON; undefined where nothing is suggested. */
export function suggestedFix(type: string, json: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof value === "object" && value !== null) {
    return type.endsWith("[]") ? undefined : "a path into it, or a column of type jsonb";
  }
  const text = String(value).trim();
  if (value === null || text === "") return undefined;
  if (/^(date|time)/.test(type)) return momentFix(text);
  if (type === "boolean") return `map: { ${JSON.stringify(text)}: true, ...: false }`;
  if (/^(integer|bigint|numeric|double|money)$/.test(type)) return numberFix(type, text);
  return undefined;
}

function numberFix(type: string, text: string): string | undefined {
  if (!/\d/.test(text)) return nullsFix(text);
  if (/^[-+]?\d+\.\d+$/.test(text)) return /integer|bigint/.test(type) ? "type numeric" : undefined;
  if (/^[-+]?\d{1,3}(\.\d{3})*,\d+$|^[-+]?\d+,\d+$/.test(text)) return 'decimal: ","';
  if (/^\d+(:\d+)+(\.\d+)?$/.test(text)) return "format: clock";
  return /\d[\d.]*/.test(text) ? String.raw`capture: "(-?[\\d.]+)"` : undefined;
}

function momentFix(text: string): string | undefined {
  if (/^\d{9,10}(\.\d+)?$/.test(text)) return "format: epoch";
  if (/^\d{12,13}$/.test(text)) return "format: epoch_ms";
  if (/^\d{8}$/.test(text)) return 'format: "%Y%m%d"';
  if (/^\d{4}$/.test(text)) return 'format: "%Y"';
  if (/^\d{4}-\d{2}$/.test(text)) return 'format: "%Y-%m"';
  const [, first, mark, second, year, clock] =
    /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?))?$/.exec(text) ?? [];
  if (year === undefined) return /\d/.test(text) ? undefined : nullsFix(text);
  const [a, b] = Number(second) > 12 && Number(first) <= 12 ? ["%m", "%d"] : ["%d", "%m"];
  const time = clock === undefined ? "" : clock.length > 5 ? " %H:%M:%S" : " %H:%M";
  return `format: "${a}${mark}${b}${mark}${year.length === 4 ? "%Y" : "%y"}${time}"`;
}

function nullsFix(text: string): string | undefined {
  return text.length > 12 ? undefined : `nulls: ["", ${JSON.stringify(text)}]`;
}
