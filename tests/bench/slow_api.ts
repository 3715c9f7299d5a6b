// An API in a separate process that takes a given time for each response, has no limit, and notes when each
// request arrived. A response holds one record, whose id is the value of the first parameter.

/** A running API. */
export interface SlowApi extends AsyncDisposable {
  readonly url: string;
  /** Milliseconds that a response takes. */
  readonly responseMs: number;
  /** When the requests since the last call arrived, in milliseconds, ascending. */
  arrivals(): Promise<number[]>;
}

/** Starts the API; each response takes so many milliseconds. */
export async function startSlowApi(responseMs: number): Promise<SlowApi> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--allow-net=127.0.0.1"],
      ...[import.meta.filename!, `${responseMs}`],
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const url = new TextDecoder().decode(value).trim();
  return {
    url,
    responseMs,
    arrivals: async () => await (await fetch(`${url}/arrivals`)).json(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

if (import.meta.main) {
  const responseMs = Number(Deno.args[0]);
  const arrivals: number[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const url = new URL(request.url);
      if (url.pathname === "/arrivals") return Response.json(arrivals.splice(0));
      arrivals.push(performance.now());
      if (responseMs > 0) await new Promise((resolve) => setTimeout(resolve, responseMs));
      return Response.json([{ id: [...url.searchParams.values()][0] }]);
    },
  );
  console.log(`http://127.0.0.1:${server.addr.port}`);
}
