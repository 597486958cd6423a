/** Who watches a server, and what has happened since a version that he names. */
import type { ServerResponse } from "node:http";
import type { Stored } from "./api-server.ts";

export type EventType = "ADDED" | "MODIFIED" | "DELETED";

export interface Watchers {
  /** Sends what has happened since, and what happens. */
  add(response: ServerResponse, resource: string, since: string, isMeant: (object: Stored) => boolean): void;
  tell(type: EventType, resource: string, object: Stored): void;
  /** To all of them, as it is. */
  send(event: object | string): void;
  count(): number;
  /** Their connections stay, and nothing comes over them. */
  isMute: boolean;
  /** In order, as after `timeoutSeconds`. */
  end(): void;
  /** In the middle. */
  cut(): void;
}

interface Happened {
  readonly type: EventType;
  readonly resource: string;
  readonly object: Stored;
}

export const createWatchers = (): Watchers => {
  const history: Happened[] = [];
  const open = new Map<ServerResponse, (happened: Happened) => void>();
  const write = (response: ServerResponse, event: object | string): void => {
    if (watchers.isMute) return;
    response.write(`${typeof event === "string" ? event : JSON.stringify(event)}\n`);
  };
  const watchers: Watchers = {
    isMute: false,
    add: (response, resource, since, isMeant) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      const send = (happened: Happened): void => {
        const { type, object } = happened;
        if (happened.resource !== resource || !isMeant(object)) return;
        if (Number(object.metadata.resourceVersion) <= Number(since)) return;
        write(response, { type, object });
      };
      for (const happened of history) send(happened);
      open.set(response, send);
      response.on("close", () => open.delete(response));
    },
    tell: (type, resource, object) => {
      const happened = { type, resource, object };
      history.push(happened);
      for (const send of open.values()) send(happened);
    },
    send: (event) => {
      for (const response of open.keys()) write(response, event);
    },
    count: () => open.size,
    end: () => {
      for (const response of open.keys()) response.end();
      open.clear();
    },
    cut: () => {
      for (const response of open.keys()) response.socket?.destroy();
      open.clear();
    },
  };
  return watchers;
};
