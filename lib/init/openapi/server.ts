// Reads where an OpenAPI document says that its API is served: servers of OpenAPI 3, host and base path of Swagger 2.0.
// Pure.
import { listOf, type Node, nodeOf, textOf } from "./node.ts";

/** The URLs of the servers that a document, a path or an operation declares. */
export function serversOf(node: Node): string[] {
  return listOf(node.servers).map(nodeOf).map(withVariables);
}

/** The first absolute URL, https before http. */
export function urlOf(servers: readonly string[]): string | undefined {
  const urls = servers.filter(isHttp);
  const url = urls.find((url) => url.startsWith("https:")) ?? urls[0];
  return url?.replace(/\/+$/, "");
}

/** The URL of a server; its variables are replaced by their defaults. */
function withVariables(server: Node): string {
  const variables = nodeOf(server.variables);
  return textOf(server.url).replace(
    /\{([^{}]+)\}/g,
    (_, name: string) => textOf(nodeOf(variables[name]).default),
  );
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:/i.test(url);
}

/** The path of the first server where that has no host, such as `/api/v3`; empty otherwise. */
export function basePathOf(root: Node): string {
  const [server] = listOf(root.servers).map(nodeOf);
  const path = server === undefined ? textOf(root.basePath) : withVariables(server);
  return path.startsWith("/") ? path.replace(/\/+$/, "") : "";
}

/** The URL of a Swagger 2.0 document, https unless it offers only http; undefined without a host. */
export function swaggerUrl({ host, basePath, schemes }: Node): string | undefined {
  if (typeof host !== "string") return undefined;
  const offered = listOf(schemes).map(textOf);
  const scheme = offered.includes("http") && !offered.includes("https") ? "http" : "https";
  return `${scheme}://${host}${textOf(basePath)}`;
}
