/** Asking a server on this machine: agents offer their counters over HTTP on loopback. */
import { messageOf } from "../domain/errors.ts";
import { missing, type Reading, value } from "../domain/units.ts";

const TIMEOUT_MS = 5000;

export const httpGet = async (url: string): Promise<Reading<string>> => {
  try {
    // Nothing is kept open: an idle connection would be the agent's to watch.
    const response = await fetch(url, {
      headers: { connection: "close" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body = await response.text();
    return response.ok ? value(body) : missing(`${url} answers ${response.status} ${response.statusText}`);
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown };
    return missing(`${url}: ${messageOf(cause ?? error)}`);
  }
};
