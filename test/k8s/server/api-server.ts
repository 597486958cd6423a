/**
 * The few paths of the Kubernetes API that tare asks for, by a real HTTP server on loopback: objects in memory, selectors, pages of lists,
 * preconditions, dry runs, logs that are followed. A test makes it fail where it likes. It speaks as the real one does, also in what it ignores.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Socket } from "node:net";
import { createWatchers, type Watchers } from "./watchers.ts";

export interface Meta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: object[];
  generation?: number;
}

export interface Stored {
  apiVersion?: string;
  kind?: string;
  metadata: Meta;
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  [key: string]: unknown;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown> | undefined;
}

/** What a request meets: an answer, or a connection that breaks, before anything is said or after so many bytes of a log. */
export type Fault =
  | {
      readonly status: number;
      readonly reason?: string;
      readonly message: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly text: string; readonly type: string }
  | "reset"
  | "silence"
  | { readonly cutAfter: number };

export interface Log {
  /** With their times, as a node keeps them. */
  readonly lines: { readonly time: string; readonly text: string }[];
  ended: boolean;
  /** Of the first one that the node still has: those before were rotated away. */
  from: number;
}

export interface ApiServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Of TCP, since it began. */
  readonly connections: () => number;
  readonly watchers: Watchers;
  /** Asked for each request; the first answer counts. */
  fault: (asked: Asked) => Fault | undefined;
  /** `verb resource[.group][/sub]`, with the namespace: what the user may not do. */
  readonly forbidden: Set<string>;
  /** The same of every service account. */
  readonly forbiddenToAccounts: Set<string>;
  put(resource: string, object: Stored): Stored;
  all(resource: string): readonly Stored[];
  remove(resource: string, namespace: string, name: string): void;
  /** After each change, for a test that plays a controller. */
  onChange: (change: {
    readonly what: "create" | "delete";
    readonly resource: string;
    readonly object: Stored;
  }) => void;
  log(namespace: string, pod: string): Log;
  /** Adds lines, and hands them to whoever follows. */
  say(namespace: string, pod: string, ...texts: readonly string[]): void;
  end(namespace: string, pod: string): void;
  close(): Promise<void>;
}

const PATH =
  /^\/(?:api\/v1|apis\/(?<group>[^/]+)\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<resource>[a-z]+)(?:\/(?<name>[^/]+)(?:\/(?<sub>[a-z]+))?)?$/;

const OWN_NAMESPACES = /^\/api\/v1\/namespaces\/(?<name>[^/]+)$/;

interface Meant {
  readonly resource: string;
  readonly group: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly sub: string | undefined;
}

const meantBy = (path: string): Meant | undefined => {
  const own = OWN_NAMESPACES.exec(path)?.groups;
  if (own !== undefined)
    return {
      resource: "namespaces",
      group: undefined,
      namespace: undefined,
      name: own["name"],
      sub: undefined,
    };
  const found = PATH.exec(path)?.groups;
  if (found === undefined) return undefined;
  const { group, namespace, resource = "", name, sub } = found;
  return { resource, group, namespace, name, sub };
};

const labelsMatch = (selector: string | null, labels: Record<string, string> = {}): boolean =>
  (selector ?? "")
    .split(/,(?![^(]*\))/)
    .filter((part) => part !== "")
    .every((part) => {
      const among = /^(\S+) in \(([^)]*)\)$/.exec(part.trim());
      if (among !== null) return (among[2] ?? "").split(",").includes(labels[among[1] ?? ""] ?? "");
      const [key = "", value = ""] = part.split("=");
      return labels[key] === value;
    });

const fieldsMatch = (selector: string | null, { metadata, spec, ...rest }: Stored): boolean => {
  if (selector === null) return true;
  const [field, value = ""] = selector.split("=");
  if (field === "spec.nodeName") return (spec?.["nodeName"] ?? "") === value;
  if (field === "involvedObject.name")
    return (rest["involvedObject"] as { name?: string } | undefined)?.name === value;
  return metadata.name === value;
};

/** With six digits, as leases have it. */
const MICRO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

const statusOf = (code: number, reason: string | undefined, message: string) => ({
  kind: "Status",
  apiVersion: "v1",
  status: "Failure",
  message,
  ...(reason === undefined ? {} : { reason }),
  code,
});

export const startApiServer = async (): Promise<ApiServer> => {
  const objects = new Map<string, Stored[]>();
  const logs = new Map<string, Log>();
  const followers = new Map<string, Set<(line: Log["lines"][number] | "end") => void>>();
  const asked: Asked[] = [];
  const watchers = createWatchers();
  let version = 100;
  let clockMs = Date.parse("2026-01-01T00:00:00Z");
  const of = (resource: string): Stored[] => {
    const known = objects.get(resource) ?? [];
    objects.set(resource, known);
    return known;
  };
  const logOf = (namespace: string, pod: string): Log => {
    const key = `${namespace}/${pod}`;
    const log = logs.get(key) ?? { lines: [], ended: false, from: 0 };
    logs.set(key, log);
    return log;
  };
  const tell = (key: string, said: Log["lines"][number] | "end"): void => {
    for (const follower of followers.get(key) ?? []) follower(said);
  };

  const put = (resource: string, object: Stored): Stored => {
    version += 1;
    const { generateName } = object.metadata;
    const stored: Stored = {
      ...object,
      metadata: {
        ...object.metadata,
        name: object.metadata.name ?? `${generateName ?? ""}${version}`,
        uid: object.metadata.uid ?? `uid-${version}`,
        resourceVersion: String(version),
        creationTimestamp: object.metadata.creationTimestamp ?? "2026-01-01T00:00:00Z",
      },
    };
    const all = of(resource).filter(
      ({ metadata }) =>
        metadata.name !== stored.metadata.name || metadata.namespace !== stored.metadata.namespace,
    );
    const isNew = all.length === of(resource).length;
    objects.set(resource, [...all, stored]);
    watchers.tell(isNew ? "ADDED" : "MODIFIED", resource, stored);
    return stored;
  };

  const server: Server = createServer((request, response) => {
    void answer(request, response);
  });
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://here");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    // The real one takes no body whose length it is not told.
    const hasBody = text !== "" && request.headers["content-length"] !== undefined;
    const one: Asked = {
      method: request.method ?? "GET",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: hasBody ? (JSON.parse(text) as Record<string, unknown>) : undefined,
    };
    asked.push(one);
    const fault = api.fault(one);
    if (fault === "reset") return void request.socket.destroy();
    if (fault === "silence") return;
    if (fault !== undefined && "text" in fault) {
      response.writeHead(200, { "content-type": fault.type }).end(fault.text);
      return;
    }
    if (fault !== undefined && "status" in fault) {
      for (const [name, value] of Object.entries(fault.headers ?? {})) response.setHeader(name, value);
      return send(response, fault.status, statusOf(fault.status, fault.reason, fault.message));
    }
    const meant = meantBy(url.pathname);
    if (meant === undefined)
      return send(
        response,
        404,
        statusOf(404, "NotFound", "the server could not find the requested resource"),
      );
    if (one.method === "GET" && url.searchParams.get("watch") === "true")
      return watchers.add(response, meant.resource, url.searchParams.get("resourceVersion") ?? "", (object) =>
        isListed(object, one, meant),
      );
    if (meant.sub === "log") return sendLog(one, meant, response, fault?.cutAfter);
    const [code, object] = carryOut(one, meant);
    send(response, code, object);
  };

  const send = (response: ServerResponse, code: number, object: object): void => {
    response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(object));
  };
  const failed = (code: number, reason: string, message: string): readonly [number, object] => [
    code,
    statusOf(code, reason, message),
  ];

  const carryOut = (one: Asked, meant: Meant): readonly [number, object] => {
    const { resource, namespace, name } = meant;
    if (resource === "selfsubjectaccessreviews") return [201, review(one, api.forbidden)];
    if (resource === "subjectaccessreviews" || resource === "localsubjectaccessreviews") {
      const right = `create ${resource}.authorization.k8s.io`;
      return api.forbidden.has(right) || api.forbidden.has(`${right} ${namespace ?? ""}`)
        ? failed(403, "Forbidden", `${resource}.authorization.k8s.io is forbidden: User "jane" cannot create`)
        : [201, review(one, api.forbiddenToAccounts)];
    }
    const found = of(resource).find(
      ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
    );
    switch (one.method) {
      case "GET":
        if (name === undefined) return [200, listed(one, meant)];
        return found === undefined ? missing(resource, name) : [200, found];
      case "POST":
        return created(one, meant);
      case "PUT": {
        if (found === undefined) return missing(resource, name ?? "");
        const sent = one.body as Stored | undefined;
        if (sent?.metadata.resourceVersion !== found.metadata.resourceVersion)
          return failed(
            409,
            "Conflict",
            "the object has been modified; please apply your changes to the latest version",
          );
        return badTime(sent) ?? [200, put(resource, sent as Stored)];
      }
      case "DELETE":
        return found === undefined ? missing(resource, name ?? "") : deleted(one, resource, found);
      default:
        return failed(405, "MethodNotAllowed", one.method);
    }
  };

  const missing = (resource: string, name: string): readonly [number, object] =>
    failed(404, "NotFound", `${resource} "${name}" not found`);

  const badTime = (sent: Stored | undefined): readonly [number, object] | undefined => {
    const times = ["renewTime", "acquireTime"].flatMap((key) => sent?.spec?.[key] ?? []);
    return times.every((time) => typeof time === "string" && MICRO.test(time))
      ? undefined
      : failed(
          400,
          "BadRequest",
          `Lease in version "v1" cannot be handled as a Lease: parsing time ${JSON.stringify(times[0])}`,
        );
  };

  const review = ({ body }: Asked, forbidden: ReadonlySet<string>): object => {
    const spec = body?.["spec"] as { resourceAttributes?: Record<string, string> } | undefined;
    const {
      verb = "",
      resource = "",
      group = "",
      subresource = "",
      namespace = "",
    } = spec?.resourceAttributes ?? {};
    const what = `${verb} ${resource}${group === "" ? "" : `.${group}`}${subresource === "" ? "" : `/${subresource}`}`;
    return {
      ...body,
      status: { allowed: !forbidden.has(what) && !forbidden.has(`${what} ${namespace}`) },
    };
  };

  const isListed = (object: Stored, { query }: Asked, { namespace }: Meant): boolean =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    labelsMatch(query.get("labelSelector"), object.metadata.labels) &&
    fieldsMatch(query.get("fieldSelector"), object);

  /** It is told at a version of its own. */
  const removed = (resource: string, isMeant: (object: Stored) => boolean): void => {
    const all = of(resource);
    objects.set(
      resource,
      all.filter((one) => !isMeant(one)),
    );
    for (const object of all.filter(isMeant)) {
      version += 1;
      const metadata = { ...object.metadata, resourceVersion: String(version) };
      watchers.tell("DELETED", resource, { ...object, metadata });
    }
  };

  const listed = (one: Asked, meant: Meant): object => {
    const { query } = one;
    const all = of(meant.resource).filter((object) => isListed(object, one, meant));
    const from = Number(query.get("continue") ?? 0);
    const limit = Number(query.get("limit") ?? all.length);
    const next = from + limit < all.length ? { continue: String(from + limit) } : {};
    return {
      kind: "List",
      apiVersion: "v1",
      metadata: { resourceVersion: String(version), ...next },
      items: all.slice(from, from + limit),
    };
  };

  const created = ({ body, query }: Asked, { resource, namespace }: Meant): readonly [number, object] => {
    const sent = body as Stored | undefined;
    if (sent === undefined) return failed(400, "BadRequest", "no body");
    const metadata = { ...sent.metadata, ...(namespace === undefined ? {} : { namespace }) };
    const isThere = of(resource).some(
      (one) => one.metadata.name === metadata.name && one.metadata.namespace === namespace,
    );
    if (metadata.name !== undefined && isThere)
      return failed(409, "AlreadyExists", `${resource} "${metadata.name}" already exists`);
    const wrong = badTime(sent);
    if (wrong !== undefined) return wrong;
    if (query.get("dryRun") === "All")
      return [
        201,
        {
          ...sent,
          metadata: { ...metadata, name: metadata.name ?? `${metadata.generateName ?? ""}x`, uid: "uid-dry" },
        },
      ];
    const object = put(resource, { ...sent, metadata });
    api.onChange({ what: "create", resource, object });
    return [201, object];
  };

  const deleted = ({ body }: Asked, resource: string, found: Stored): readonly [number, object] => {
    const { uid, resourceVersion } = (body?.["preconditions"] ?? {}) as {
      uid?: string;
      resourceVersion?: string;
    };
    if (uid !== undefined && uid !== found.metadata.uid)
      return failed(
        409,
        "Conflict",
        `the UID in the precondition (${uid}) does not match the UID in record (${found.metadata.uid ?? ""})`,
      );
    if (resourceVersion !== undefined && resourceVersion !== found.metadata.resourceVersion)
      return failed(409, "Conflict", "the ResourceVersion in the precondition does not match");
    if (body?.["dryRun"] === undefined) {
      removed(resource, (one) => one === found);
      api.onChange({ what: "delete", resource, object: found });
    }
    return [200, found];
  };

  const sendLog = (
    { query }: Asked,
    { namespace = "", name = "" }: Meant,
    response: ServerResponse,
    cutAfter: number | undefined,
  ): void => {
    const pod = of("pods").find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    if (pod === undefined) return send(response, 404, statusOf(404, "NotFound", `pods "${name}" not found`));
    if (pod.status?.["phase"] === "Pending")
      return send(
        response,
        400,
        statusOf(
          400,
          "BadRequest",
          `container "node" in pod "${name}" is waiting to start: ContainerCreating`,
        ),
      );
    const key = `${namespace}/${name}`;
    const log = logOf(namespace, name);
    const since = query.get("sinceTime");
    // Whole seconds, as the kubelet is handed them.
    const fromMs = since === null ? 0 : Math.floor(Date.parse(since) / 1000) * 1000;
    let left = cutAfter ?? Infinity;
    response.writeHead(200, { "content-type": "text/plain" });
    const write = ({ time, text }: Log["lines"][number]): void => {
      if (Date.parse(time) < fromMs || left <= 0) return;
      const bytes = Buffer.from(`${query.get("timestamps") === "true" ? `${time} ` : ""}${text}\n`);
      const part = bytes.subarray(0, left);
      left -= bytes.length;
      response.write(part);
      // Half a line has gone out, and no more will come.
      if (left <= 0) setTimeout(() => response.socket?.destroy(), 20);
    };
    for (const line of log.lines.slice(log.from)) write(line);
    if (left <= 0) return;
    if (query.get("follow") !== "true" || log.ended) return void response.end();
    const own = followers.get(key) ?? new Set();
    followers.set(key, own);
    const follower = (said: Log["lines"][number] | "end"): void => {
      if (said === "end") response.end();
      else write(said);
    };
    own.add(follower);
    response.on("close", () => own.delete(follower));
  };

  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const api: ApiServer = {
    url: `http://127.0.0.1:${port}`,
    asked,
    connections: () => connections,
    watchers,
    fault: () => undefined,
    forbidden: new Set(),
    forbiddenToAccounts: new Set(),
    put,
    all: (resource) => of(resource),
    remove: (resource, namespace, name) => {
      removed(resource, ({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    },
    onChange: () => undefined,
    log: logOf,
    say: (namespace, pod, ...texts) => {
      for (const text of texts) {
        // Two lines of one moment, now and then.
        clockMs += texts.indexOf(text) % 3 === 2 ? 0 : 7;
        const line = { time: new Date(clockMs).toISOString().replace("Z", "123456Z"), text };
        logOf(namespace, pod).lines.push(line);
        tell(`${namespace}/${pod}`, line);
      }
    },
    end: (namespace, pod) => {
      logOf(namespace, pod).ended = true;
      tell(`${namespace}/${pod}`, "end");
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return api;
};

/** A kubeconfig for it. */
export const kubeconfigFor = (url: string, name = "here"): string => `apiVersion: v1
kind: Config
current-context: ${name}
clusters:
- name: ${name}
  cluster:
    server: ${url}
    insecure-skip-tls-verify: true
contexts:
- name: ${name}
  context: {cluster: ${name}, user: ${name}}
users:
- name: ${name}
  user: {token: a-token}
`;
