/** An answer that is read while it comes: a log that is followed, a watch. */
import { HttpMethod, IsomorphicFetchHttpLibrary, RequestContext } from "@kubernetes/client-node";
import type { ClusterError } from "../cluster.ts";
import type { Authentication } from "./connections.ts";
import { answered, retryAfterMs, statusIn } from "./errors.ts";

/** `refusal`: of an answer that means something else here than elsewhere. */
export type OpenStream = (
  url: URL,
  signal: AbortSignal | undefined,
  refusal?: (code: number, body: string) => ClusterError | undefined,
) => Promise<AsyncIterable<Uint8Array>>;

export const streams = (
  authentication: Authentication,
  server: string,
  headers: Readonly<Record<string, string>>,
): OpenStream => {
  const http = new IsomorphicFetchHttpLibrary();
  return async (url, signal, refusal) => {
    const request = new RequestContext(url.toString(), HttpMethod.GET);
    for (const [name, value] of Object.entries(headers)) request.setHeaderParam(name, value);
    await authentication.applySecurityAuthentication(request);
    if (signal !== undefined) request.setSignal(signal);
    const { httpStatusCode: code, headers: told, body } = await http.send(request).toPromise();
    if (code === 200) return body.stream() ?? NOTHING;
    const text = await body.text();
    throw (
      refusal?.(code, text) ??
      answered(code, statusIn(text), { server, retryAfterMs: retryAfterMs(told["retry-after"]) })
    );
  };
};

const NOTHING: AsyncIterable<Uint8Array> = (async function* () {})();
