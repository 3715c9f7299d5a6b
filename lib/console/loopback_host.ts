// Decides whether a request to the status page was addressed to this machine. A foreign Host header means
// that another web page made the browser send it (DNS rebinding). Pure.

/** Whether a Host header names the loopback interface. */
export function isLoopbackHost(host: string | null): boolean {
  return host !== null && /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host);
}
