// What parseArgs() makes of command lines. These tests pass on the real @std/cli too.
import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";

Deno.test("parseArgs() keeps kebab names and types strings, booleans and collected flags", () => {
  const flags = parseArgs(["--region-codes", "gb", "--region-codes=ire", "--json", "masters"], {
    boolean: ["json", "resume"],
    string: ["region-codes", "start-date"],
    collect: ["region-codes"],
  });
  const codes: string[] = flags["region-codes"];
  const startDate: string | undefined = flags["start-date"];
  const isJson: boolean = flags.json;
  assertEquals([codes, startDate, isJson, flags.resume], [["gb", "ire"], undefined, true, false]);
  assertEquals(flags._, ["masters"]);
});

Deno.test("parseArgs() gives an empty array when a collected string is absent", () => {
  assertEquals(parseArgs([], { string: ["only"], collect: ["only"] }), { _: [], only: [] });
});

Deno.test("parseArgs() takes the last value when an uncollected flag is repeated", () => {
  assertEquals(parseArgs(["--x=1", "--x", "2"], { string: ["x"] }), { _: [], x: "2" });
});

Deno.test("parseArgs() reads --no-x as false only when x is negatable", () => {
  const negatable = { boolean: ["results"], negatable: ["results"] } as const;
  assertEquals(parseArgs(["--no-results"], negatable), { _: [], results: false });
  assertEquals(parseArgs(["--no-results"]), { _: [], "no-results": true });
  assertEquals(parseArgs(["--no-results"], { ...negatable, default: { results: true } }), {
    _: [],
    results: false,
  });
});

Deno.test("parseArgs() fills defaults for absent flags and their aliases", () => {
  const flags = parseArgs([], {
    string: ["file"],
    boolean: ["watch"],
    alias: { file: "f" },
    default: { file: "job.yaml", watch: true },
  });
  assertEquals(flags, { _: [], file: "job.yaml", f: "job.yaml", watch: true });
});

Deno.test("parseArgs() returns a value under every alias", () => {
  const flags = parseArgs(["-h", "word"], { boolean: ["help"], alias: { help: ["h", "?"] } });
  assertEquals(flags, { _: ["word"], help: true, h: true, "?": true });
});

Deno.test("parseArgs() turns numbers into numbers unless the flag is a string", () => {
  const flags = parseArgs(["--port", "8080", "--year=2015", "007"], { string: ["year"] });
  assertEquals(flags, { _: [7], port: 8080, year: "2015" });
  assertEquals<unknown>(parseArgs(["007"], { string: ["_"] }), { _: ["007"] });
});

Deno.test("parseArgs() gives an empty string when a string flag has no value", () => {
  assertEquals(parseArgs(["--file", "--json"], { string: ["file"], boolean: ["json"] }), {
    _: [],
    file: "",
    json: true,
  });
});

Deno.test("parseArgs() takes true and false as the value when a boolean flag precedes them", () => {
  const boolean = ["a", "b", "c"] as const;
  assertEquals(parseArgs(["--a", "false", "--b=false", "--c", "x"], { boolean }), {
    _: ["x"],
    a: false,
    b: false,
    c: true,
  });
});

Deno.test("parseArgs() passes undeclared flags and words to unknown, and drops them when it returns false", () => {
  const seen: unknown[] = [];
  const flags = parseArgs(["--limt", "5", "--json", "word"], {
    boolean: ["json"],
    unknown: (arg, key, value) => {
      seen.push([arg, key, value]);
      return key === undefined;
    },
  });
  assertEquals(seen, [["--limt", "limt", "5"], ["word", undefined, undefined]]);
  assertEquals(flags, { _: ["word"], json: true });
});

Deno.test("parseArgs() separates what follows -- when asked to", () => {
  const args = ["--a", "--", "--b", "5"];
  assertEquals(parseArgs(args, { "--": true }), { _: [], a: true, "--": ["--b", "5"] });
  assertEquals(parseArgs(args), { _: ["--b", "5"], a: true });
});

Deno.test("parseArgs() leaves everything after the first word alone when stopping early", () => {
  assertEquals(parseArgs(["--a", "--", "--b"], { stopEarly: true, boolean: ["a"] }), {
    _: ["--b"],
    a: true,
  });
  assertEquals(parseArgs(["-v", "run", "--b", "5"], { stopEarly: true, boolean: ["v"] }), {
    _: ["run", "--b", "5"],
    v: true,
  });
});

Deno.test("parseArgs() treats all long flags as booleans when boolean is true", () => {
  assertEquals(parseArgs(["--honk", "cow", "-p", "55", "--tacos=good"], { boolean: true }), {
    _: ["cow"],
    honk: true,
    p: 55,
    tacos: "good",
  });
});

Deno.test("parseArgs() reads clusters of letters and the values attached to them", () => {
  assertEquals(parseArgs(["-abc", "-n5", "-f=a=b", "-I/dir", "-xy", "out", "-s", "-", "-z-"]), {
    _: [],
    a: true,
    b: true,
    c: true,
    n: 5,
    f: "a=b",
    I: "/dir",
    x: true,
    y: "out",
    s: "-",
    z: "-",
  });
});

Deno.test("parseArgs() nests names with dots", () => {
  assertEquals(parseArgs(["--a.b", "1", "--a.c=x"], { default: { "a.d": 2 } }), {
    _: [],
    a: { b: 1, c: "x", d: 2 },
  });
});

Deno.test("parseArgs() keeps line breaks, dashes and equal signs in values", () => {
  assertEquals(parseArgs(["--s=X\nX", "--foo=---=\\n--+34-=/="]), {
    _: [],
    s: "X\nX",
    foo: "---=\\n--+34-=/=",
  });
});

Deno.test("parseArgs() gives an empty string when nothing follows the equal sign", () => {
  assertEquals(parseArgs(["--start=", "-abc="]), { _: [], start: "", a: true, b: true, c: "" });
});

Deno.test("parseArgs() knows a flag that is only declared in collect", () => {
  const flags = parseArgs(["--only=a"], { collect: ["only"], unknown: () => false });
  assertEquals(flags, { _: [], only: ["a"] });
});

Deno.test("parseArgs() never writes to the prototype of all objects", () => {
  parseArgs(["--constructor.prototype.isAdmin", "--__proto__.isAdmin"]);
  assertEquals(Reflect.get({}, "isAdmin"), undefined);
});
