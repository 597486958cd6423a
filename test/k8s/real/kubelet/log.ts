/** A container's log, and the log API of a kubelet: `/containerLogs/NAMESPACE/POD/CONTAINER`, which the API server asks on behalf of others. */
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";

interface Line {
  readonly time: string;
  readonly text: string;
}

export class ContainerLog {
  #lines: Line[] = [];
  #begun = false;
  #ended = false;
  #change = Promise.withResolvers<void>();

  /** False: its container has not been started yet. */
  get isThere(): boolean {
    return this.#begun;
  }

  begin(): void {
    this.#begun = true;
  }

  append(text: string): void {
    this.#lines.push({ time: new Date().toISOString(), text });
    this.#changed();
  }

  end(): void {
    this.#ended = true;
    this.#changed();
  }

  /** As after a rotation: what was written so far cannot be asked for any more. */
  rotate(): void {
    this.#lines = [];
    this.#changed();
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  async *read(follow: boolean, tail: number | undefined): AsyncGenerator<Line> {
    let lines = this.#lines;
    let next = tail === undefined ? 0 : Math.max(0, lines.length - tail);
    for (;;) {
      // A rotation begins the file anew.
      if (lines !== this.#lines) {
        lines = this.#lines;
        next = 0;
      }
      for (; next < lines.length; next += 1) yield lines[next] as Line;
      if (!follow || this.#ended) return;
      await this.#change.promise;
    }
  }
}

type Find = (namespace: string, pod: string, container: string) => ContainerLog | undefined;

const answer = async (find: Find, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? "/", "https://127.0.0.1");
  const [, room, namespace = "", pod = "", container = ""] = url.pathname.split("/");
  const log = room === "containerLogs" ? find(namespace, pod, container) : undefined;
  if (log === undefined) {
    response.writeHead(404).end(`container "${container}" in pod "${pod}" is not known here\n`);
    return;
  }
  if (!log.isThere) {
    response
      .writeHead(400)
      .end(`container "${container}" in pod "${pod}" is waiting to start: ContainerCreating`);
    return;
  }
  const tail = url.searchParams.get("tailLines");
  const since = url.searchParams.get("sinceTime");
  const withTimes = url.searchParams.get("timestamps") === "true";
  response.writeHead(200, { "content-type": "text/plain" });
  response.flushHeaders();
  const follow = url.searchParams.get("follow") === "true";
  for await (const { time, text } of log.read(follow, tail === null ? undefined : Number(tail))) {
    if (response.destroyed) return;
    if (since !== null && Date.parse(time) < Date.parse(since)) continue;
    response.write(`${withTimes ? `${time} ` : ""}${text}\n`);
  }
  response.end();
};

export interface LogServer {
  readonly port: number;
  stop(): Promise<void>;
}

export const serveLogs = async (
  certificate: { readonly cert: string; readonly key: string },
  find: Find,
): Promise<LogServer> => {
  const server: Server = createServer(certificate, (request, response) => {
    answer(find, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the log server has no port");
  return {
    port: address.port,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
};
