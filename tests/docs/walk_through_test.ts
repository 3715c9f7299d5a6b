// Runs the walk-through of the guide against an API that no job of the project knows: it has a key, pages and dates. The
// only edit by hand is the key in `.env.local`.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { copyRepository, REPOSITORY } from "../support/repository.ts";
import { serve } from "../support/http_server.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { runTask } from "../support/run_task.ts";

const KEY = "key-of-the-reader";
const PER_DAY = 40;
const PER_PAGE = 25;

/** Orders of each day, in pages of 25, for those who have the key. */
function orders(request: Request): Response {
  if (request.headers.get("x-api-key") !== KEY) {
    return Response.json({ error: "missing key" }, { status: 401 });
  }
  const { searchParams: params } = new URL(request.url);
  const [from, to] = ["created_from", "created_to"].map((name) =>
    Date.parse(params.get(name) ?? "")
  );
  if (!(to! >= from!)) return Response.json({ error: "dates" }, { status: 400 });
  const days = Math.round((to! - from!) / 86_400_000) + 1;
  const all = Array.from({ length: days * PER_DAY }, (_, i) => {
    const at = new Date(from! + Math.floor(i / PER_DAY) * 86_400_000 + (i % PER_DAY) * 600_000);
    return {
      id: `${at.toISOString().slice(0, 10)}-${i % PER_DAY}`,
      created_at: at.toISOString(),
      total: { amount: 10.5, currency: "EUR" },
      lines: [{ sku: "a", quantity: 1 }, { sku: "b", quantity: 2 }],
    };
  });
  const page = Number(params.get("page") ?? 1);
  return Response.json({
    data: all.slice((page - 1) * PER_PAGE, page * PER_PAGE),
    meta: { page, total_pages: Math.ceil(all.length / PER_PAGE), total: all.length },
  });
}

Deno.test("the walk-through of the guide leads from a new project to verified rows with one edit by hand", async () => {
  await using server = serve(orders);
  await using copy = await copyRepository();
  const postgres = await sharedPostgres();
  const url = await postgres.createDatabase();
  const env = { ORDERS_URL: server.url, DATABASE_URL: url };
  const [create, enter, curl, ...commands] = await commandsOfWalkThrough();
  const created = await runTask("new", create!.split(" ").slice(3), { cwd: copy.path, env });
  assertEquals(created.code, 0, created.stderr);
  const folder = /^cd (\S+)$/.exec(enter!)![1]!;
  const project = copy.file(folder);
  // The edit.
  await Deno.writeTextFile(copy.file(folder, ".env.local"), `ORDERS_API_KEY=${KEY}\n`);
  assertStringIncludes(curl!, "curl -H");
  const sample = /https:\/\/api\.example\.com(\S+?)"/.exec(curl!)?.[1];
  const saved = await fetch(`${server.url}${sample}`, { headers: { "x-api-key": KEY } });
  await Deno.writeTextFile(copy.file(folder, "orders.json"), await saved.text());

  const printed: string[] = [];
  for (const command of commands) {
    const [name = "", ...args] = command.replace(/^deno task /, "").match(/"[^"]*"|\S+/g) ?? [];
    const plain = args.map((arg) => arg.replace(/^"|"$/g, ""));
    const { code, stdout, stderr } = await runTask(name, plain, { cwd: project, env });
    assertEquals(code, 0, `${command}\n${stdout}\n${stderr}`);
    printed.push(stdout);
  }
  assertStringIncludes(printed[0]!, "wrote jobs/orders.yaml: stream orders");
  assertStringIncludes(printed[2]!, "second page: 15 records");
  assertStringIncludes(printed.at(-1)!, String(90 * PER_DAY * 2));
});

/** The commands of the section, lines that end with a backslash joined. */
async function commandsOfWalkThrough(): Promise<string[]> {
  const text = await Deno.readTextFile(`${REPOSITORY}docs/guide.md`);
  const [, section = ""] = /## Walk through a new API\n([\s\S]*?)\n## /.exec(text) ?? [];
  const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!);
  return blocks.join("").replace(/\\\n\s*/g, "").split("\n").filter((line) => line !== "");
}
