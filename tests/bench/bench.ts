// `deno task bench`: every benchmark but the peers, one after the other, each in a separate process so
// that none warms another up, with the V8 flags of runs. Takes less than five minutes. They print
// a ratio within one run wherever possible.
import { RUN_HEAP } from "../../lib/cli/launch/permissions.ts";

const BENCHES: readonly (readonly string[])[] = [
  ["extract_bench.ts"],
  ["write_bench.ts", "--rows", "40000", "--runs", "3"],
  ["pipeline_bench.ts", "--days", "60", "--runs", "3"],
  ["memory_bench.ts", "--days", "100,500,1000", "--streams", "results"],
  ["start_bench.ts", "--runs", "5"],
  ["checkpoint_bench.ts"],
  ["rate_bench.ts"],
  ["run_rate_bench.ts", "--limits", "5", "--latencies", "400"],
];

if (import.meta.main) {
  let failed = false;
  for (const [script, ...args] of BENCHES) {
    console.log(`\n== ${[script, ...args].join(" ")}`);
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet", "--no-check", `--v8-flags=${RUN_HEAP}`],
        ...[`${import.meta.dirname}/${script}`, ...args],
      ],
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    failed ||= code !== 0;
  }
  Deno.exit(failed ? 1 : 0);
}
