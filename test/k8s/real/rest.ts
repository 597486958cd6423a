/**
 * Plain requests to an API server, as its administrator or as whoever that one impersonates. The client that is tested is another one: what
 * it misunderstands, this does not misunderstand with it.
 */
import { Agent, request } from "node:https";
import type { IncomingMessage } from "node:http";
import type { KubernetesObject } from "@kubernetes/client-node";

export interface Server {
  readonly port: number;
  readonly ca: string;
  /** The administrator's. */
  readonly token: string;
}

export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** What an API server answers to what it refuses. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, { message, reason }: { readonly message?: string; readonly reason?: string }) {
    super(`${code}: ${message ?? "no message"}`);
    this.name = "ApiError";
    this.code = code;
    this.reason = reason ?? "";
  }
}

export const isApiError = (thrown: unknown, ...codes: readonly number[]): thrown is ApiError =>
  thrown instanceof ApiError && (codes.length === 0 || codes.includes(thrown.code));

export interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T;
}

interface Asked {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

export class Rest {
  readonly #server: Server;
  readonly #as: Identity | undefined;
  readonly #agent: Agent;

  constructor(server: Server, as?: Identity) {
    this.#server = server;
    this.#as = as;
    this.#agent = new Agent({ keepAlive: true });
  }

  as(user: string, ...groups: readonly string[]): Rest {
    return new Rest(this.#server, { user, groups });
  }

  async get<T>(path: string): Promise<T> {
    return await this.#json<T>("GET", path);
  }

  async text(path: string): Promise<string> {
    const response = await this.#send("GET", path, {});
    if (response.statusCode !== 200) throw await errorOf(response);
    return await textOf(response);
  }

  async list<T>(path: string): Promise<readonly T[]> {
    return (await this.get<{ readonly items: readonly T[] }>(path)).items;
  }

  /** Undefined when there is none. */
  async find<T>(path: string): Promise<T | undefined> {
    return await this.get<T>(path).catch((error: unknown) => {
      if (isApiError(error, 404)) return undefined;
      throw error;
    });
  }

  async create<T extends KubernetesObject>(path: string, object: T): Promise<T> {
    return await this.#json<T>("POST", path, { body: object });
  }

  async replace<T extends KubernetesObject>(path: string, object: T): Promise<T> {
    return await this.#json<T>("PUT", path, { body: object });
  }

  async patch<T>(path: string, patch: unknown): Promise<T> {
    return await this.#json<T>("PATCH", path, { body: patch, contentType: "application/merge-patch+json" });
  }

  async delete(path: string, options: object = {}): Promise<void> {
    await this.#json("DELETE", path, { body: { apiVersion: "v1", kind: "DeleteOptions", ...options } });
  }

  /** Until the server ends it, the connection breaks (an error), or the signal aborts it. */
  async *watch<T>(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    const response = await this.#send("GET", path, { signal });
    if (response.statusCode !== 200) throw await errorOf(response);
    try {
      let left = "";
      response.setEncoding("utf8");
      for await (const piece of response) {
        const lines = `${left}${piece as string}`.split("\n");
        left = lines.pop() ?? "";
        for (const line of lines) yield JSON.parse(line) as WatchEvent<T>;
      }
    } finally {
      response.destroy();
    }
  }

  async #json<T>(method: string, path: string, asked: Asked = {}): Promise<T> {
    const response = await this.#send(method, path, asked);
    if ((response.statusCode ?? 0) >= 300) throw await errorOf(response);
    return JSON.parse(await textOf(response)) as T;
  }

  #send(
    method: string,
    path: string,
    { body, contentType = "application/json", signal }: Asked,
  ): Promise<IncomingMessage> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${this.#server.token}`,
      ...(this.#as === undefined
        ? {}
        : { "impersonate-user": this.#as.user, "impersonate-group": [...this.#as.groups] }),
      // The body of a DELETE without its length is ignored, and taken for the connection's next request.
      ...(text === undefined
        ? {}
        : { "content-type": contentType, "content-length": Buffer.byteLength(text) }),
    };
    return new Promise((settle, reject) => {
      const { port, ca } = this.#server;
      const asking = request(
        { host: "127.0.0.1", port, ca, path, method, headers, agent: this.#agent, signal },
        settle,
      );
      asking.once("error", reject);
      asking.end(text);
    });
  }
}

const textOf = async (response: IncomingMessage): Promise<string> => {
  response.setEncoding("utf8");
  let text = "";
  for await (const piece of response) text += piece as string;
  return text;
};

const errorOf = async (response: IncomingMessage): Promise<ApiError> => {
  const text = await textOf(response);
  const code = response.statusCode ?? 0;
  try {
    return new ApiError(code, JSON.parse(text) as { readonly message?: string; readonly reason?: string });
  } catch {
    return new ApiError(code, { message: text.trim() });
  }
};
