// `deno task bench`: every benchmark but the peers, one after the other, each in a process of its own so
// that none warms another up. What they print is a ratio within one run wherever that is possible.
const BENCHES: readonly (readonly string[])[] = [
  ["extract_bench.ts"],
  ["write_bench.ts", "--rows", "20000", "--runs", "3"],
  ["pipeline_bench.ts"],
  ["rate_bench.ts"],
];

if (import.meta.main) {
  let failed = false;
  for (const [script, ...args] of BENCHES) {
    console.log(`\n== ${[script, ...args].join(" ")}`);
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", `${import.meta.dirname}/${script}`, ...args],
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    failed ||= code !== 0;
  }
  Deno.exit(failed ? 1 : 0);
}
