/** Asking a server on this machine: agents offer their counters over HTTP on loopback. */
import { ANSWER_TIMEOUT_MS, MAX_ANSWER_BYTES } from "../domain/bounds.ts";
import { messageOf } from "../domain/errors.ts";
import { missing, type Reading, value } from "../domain/units.ts";
import { readTimeoutScale } from "./timeout-scale.ts";

/** undefined: it is longer. */
const textOf = async ({ body }: Response): Promise<string | undefined> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

export const httpGet = async (url: string): Promise<Reading<string>> => {
  try {
    // Nothing is kept open: an idle connection would be the agent's to watch.
    const response = await fetch(url, {
      headers: { connection: "close" },
      // What answers there may send us nowhere else.
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS * readTimeoutScale()),
    });
    const body = await textOf(response);
    if (body === undefined) return missing(`${url} answers with more than ${MAX_ANSWER_BYTES} bytes`);
    return response.ok ? value(body) : missing(`${url} answers ${response.status} ${response.statusText}`);
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown };
    return missing(`${url}: ${messageOf(cause ?? error)}`);
  }
};
