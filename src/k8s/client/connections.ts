/**
 * Who asks, and by which connections. The library makes a pool of connections for each request, so that each one is a
 * TLS handshake of its own; here all requests with the same certificates share one. Its connections are HTTP/1.1: over
 * HTTP/2 one that has died in silence would take every request and every watch with it.
 */
import { createHash } from "node:crypto";
import { type KubeConfig, RequestContext } from "@kubernetes/client-node";

type Dispatcher = NonNullable<ReturnType<RequestContext["getDispatcher"]>>;

export interface Authentication {
  getName(): string;
  applySecurityAuthentication(request: RequestContext): Promise<void>;
}

export const authenticationOf = (config: KubeConfig): Authentication => {
  let current = "";
  const options = config.createDispatcherOptions.bind(config);
  config.createDispatcherOptions = (cluster, agent) => {
    const made = options(cluster, agent);
    current = keyOf(made);
    return made.type === "agent" ? { ...made, connect: { ...made.connect, ...HTTP_1 } } : made;
  };
  let pool: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;
  const pooled = (made: Dispatcher): Dispatcher => {
    // Certificates are rotated on disk; what is under way with the old ones comes to its end.
    if (pool?.key !== current) pool = { key: current, dispatcher: made };
    return pool.dispatcher;
  };
  return {
    getName: () => config.getName(),
    applySecurityAuthentication: async (request) => {
      const set = request.setDispatcher.bind(request);
      // Called right after the options are made: no other request comes in between.
      request.setDispatcher = (made) => {
        set(pooled(made));
      };
      await config.applySecurityAuthentication(request);
    },
  };
};

const HTTP_1 = { allowH2: false };

const keyOf = (options: object): string => createHash("sha256").update(JSON.stringify(options)).digest("hex");
