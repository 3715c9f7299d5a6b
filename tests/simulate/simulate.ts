// The command `deno task simulate`: runs seeds on one embedded database and prints the command that repeats each seed
// that fails. Its tests are simulate_test.ts.
import { parseArgs } from "@std/cli/parse-args";
import { SimulatedDatabase } from "./database.ts";
import { playSeeds } from "./seeds.ts";

const { seed = "1", seeds = "1", days = "30" } = parseArgs(Deno.args, {
  string: ["seed", "seeds", "days"],
});
let code = 1;
await Deno.mkdir("data", { recursive: true });
const folder = await Deno.makeTempDir({ dir: "data", prefix: "simulate-" });
try {
  const database = new SimulatedDatabase();
  const played = await playSeeds({
    ...{ first: Number(seed), count: Number(seeds), days: Number(days), database, folder },
    onSeed: (line) => console.log(line),
  });
  console.log(played.figures);
  code = played.failures.length === 0 ? 0 : 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(code);
