import { assertEquals } from "@std/assert";
import { FINE, messages } from "../job_text.ts";

/** The problems of the fine job with one line changed. */
async function told(line: string, other: string): Promise<string[]> {
  return (await messages(FINE.replace(line, other))).map((message) =>
    message.replace("cannot read the YAML: ", "")
  );
}

Deno.test("a YAML mistake is reported once, where it was made, with what to do", async () => {
  const window = "    window: day\n";
  assertEquals(await told("    records", "   records"), [
    "16:4 the indentation of this line does not match the lines around it",
  ]);
  assertEquals(await told(window, window + "      settle: 3d\n"), [
    "15:7 this line is indented deeper than the line above, which already has a value",
  ]);
  assertEquals(await told(window, "    window:day\n"), ['14:5 a space is missing after "window:"']);
  assertEquals(await told(window, "    window: day: 1\n"), [
    '14:13 a string that contains ": " needs quotes',
  ]);
  assertEquals(await told(window, "    window day\n"), ['14:5 expected "key: value"']);
  assertEquals(await told('"{from}"', '"{from}'), [
    '15:68 "{" is not allowed here; a string that contains [ ] { } , " or \' needs quotes',
  ]);
  assertEquals(await told(window, "    window: {from}/x\n"), [
    '14:19 "/" is not allowed here; a string that contains [ ] { } , " or \' needs quotes',
  ]);
});

Deno.test("an unclosed bracket or quote is reported where it opens", async () => {
  assertEquals(await told("{ list: true }", "{ list: true"), ['4:12 this "{" has no closing "}"']);
  assertEquals(await told("records: data", "records: [data"), [
    '16:14 this "[" has no closing "]"',
  ]);
  assertEquals(await told("rows: readings", 'rows: "readings'), [
    '17:11 the string that begins here has no closing "',
  ]);
  assertEquals(await told("rows: readings", "rows: 'readings"), [
    "17:11 the string that begins here has no closing '",
  ]);
  assertEquals(await told("id: text, name", "id: text\n      name"), [
    "8:20 a comma is missing after this",
  ]);
});

Deno.test("every line indented with a tab is reported, and nothing that follows from it", async () => {
  const text = FINE.replace("    window", "\twindow").replace("    rows", "\trows");
  const tab = "cannot read the YAML: this line is indented with a tab; use spaces";
  assertEquals(await messages(text), [`14:1 ${tab}`, `17:1 ${tab}`]);
});

Deno.test("a mistake that leaves the file readable hides no other", async () => {
  const text = FINE.replace("job: weather", "job: @weather").replace("window", "widow");
  assertEquals(await messages(text), [
    "1:6 cannot read the YAML: a string that begins with @ needs quotes",
    '14:5 unknown key "widow"; did you mean "window"?',
  ]);
});

Deno.test("a file that is not UTF-8 or has unusual line endings is refused at that place", async () => {
  const latin = new TextDecoder().decode(Uint8Array.from([0x6a, 0x3a, 0x20, 0x5a, 0xfc, 0x72]));
  assertEquals(await messages(latin), [
    "1:5 this is not valid UTF-8; save the file as UTF-8",
  ]);
  assertEquals(await messages("job: a\rsource: b\r"), [
    "1:7 a line ends with a lone CR; save the file with LF or CRLF line endings",
  ]);
  assertEquals(await messages(FINE.replaceAll("\n", "\r\n").replace("window", "widow")), [
    '14:5 unknown key "widow"; did you mean "window"?',
  ]);
});
