// Owns the real browser of tests: Debian's Chromium, driven over a pipe. Invariant: no page reaches any address but
// 127.0.0.1, and what a page requests elsewhere, or logs as an error, is kept for the test to see.
import fs from "node:fs";
import type { Browser, Page } from "playwright-core";

const { existsSync } = fs;
/** Playwright asks for files below /proc when it is loaded, which only --allow-all may see; Node never throws. */
fs.existsSync = (path) => {
  try {
    return existsSync(path);
  } catch {
    return false;
  }
};

/** Where Chromium is; undefined where it is not installed. */
export const CHROMIUM: string | undefined = ["/usr/bin/chromium", "/usr/bin/chromium-browser"]
  .find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });

/** A page, and what is wrong with it. */
export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** Requests to other addresses, errors of scripts, violations of the policy, and dialogs. */
  readonly problems: string[];
}

/** Starts the browser. */
export async function startBrowser(): Promise<AsyncDisposable & { browser: Browser }> {
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({
    executablePath: CHROMIUM!,
    args: ["--no-sandbox", "--disable-gpu", "--force-device-scale-factor=1"],
  });
  return { browser, [Symbol.asyncDispose]: () => browser.close() };
}

/** Opens a page without a network. */
export async function openPage(
  browser: Browser,
  url: string,
  options: Parameters<Browser["newPage"]>[0] = {},
): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options });
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("dialog", async (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.route((address) => new URL(url).origin !== address.origin, async (route) => {
    problems.push(`requests ${route.request().url()}`);
    await route.abort();
  });
  await page.goto(url, { waitUntil: "load" });
  return { page, problems, [Symbol.asyncDispose]: () => page.close() };
}
