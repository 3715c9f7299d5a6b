// Holds the lock of job "job" on the target in its argument until it is killed, and prints when it has it.
import { openTarget } from "../../lib/upsert/open_target.ts";

await using target = await openTarget(Deno.args[0]!);
await using lock = await target.lock("job", { run: "child", host: "here", pid: Deno.pid });
if (lock) console.log("held");
await new Promise((resolve) => setTimeout(resolve, 60_000));
