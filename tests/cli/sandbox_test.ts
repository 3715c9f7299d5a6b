import { assert, assertEquals } from "@std/assert";
import { runTask, spawnTask } from "../support/run_task.ts";

Deno.test("sandbox prints one line that makes other commands use it, and ends with 130 when stopped", async () => {
  await using task = spawnTask("sandbox", ["--port", "0", "--limit", "50", "--seed", "7"]);
  await task.printed("RACING_API_PASSWORD=");
  const settings = Object.fromEntries(
    task.output.stdout.trim().split(" ").map((setting) => setting.split(/=(.*)/s)),
  );
  const { RACING_API_URL: url, RACING_API_USERNAME: user, RACING_API_PASSWORD: pass } = settings;
  const response = await fetch(`${url}/v1/courses/regions`, {
    headers: { authorization: `Basic ${btoa(`${user}:${pass}`)}` },
  });
  assertEquals(response.status, 200);
  await response.body?.cancel();
  task.kill("SIGTERM");
  const { code, stdout, stderr } = await task.result;
  assertEquals([code, stdout.trim().split("\n").length, stderr], [130, 1, ""]);
});

Deno.test("sandbox explains its options and exits with 2 when one is wrong", async () => {
  const help = await runTask("sandbox", ["--help"]);
  assertEquals([help.code, help.stderr], [0, ""]);
  for (const option of ["--port", "--latency", "--limit", "--fault", "--recordings", "--seed"]) {
    assert(help.stdout.includes(option), option);
  }
  const cases = {
    "--prot 1": "Did you mean --port?",
    "--port 70000": 'Cannot use --port "70000": expected a number from 0 to 65535',
    "--latency long": 'Cannot use --latency "long": expected a time',
    "--limit-kind leaky": 'Cannot use --limit-kind "leaky"',
    "--fault 500": 'Cannot read fault "500"',
    "--recordings /": "this task has no permission to read that folder",
  };
  for (const [args, message] of Object.entries(cases)) {
    const { code, stdout, stderr } = await runTask("sandbox", ["--port", "0", ...args.split(" ")]);
    assertEquals([code, stdout], [2, ""], args);
    assert(stderr.includes(message) && stderr.includes("hint: "), stderr);
  }
});
