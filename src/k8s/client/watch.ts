/**
 * One watch of the API server. The library's own hides what a watcher has to know: its errors have neither the server's
 * words nor its Retry-After, an error inside the stream looks like an orderly end, a line that is no JSON is dropped,
 * and a login program that fails between two watches ends the process.
 */
import { randomInt } from "node:crypto";
import type { V1LeaseSpec, V1PodSpec } from "@kubernetes/client-node";
import { type Changed, ClusterError, type Watched, type WatchQuery } from "../cluster.ts";
import { nodeMeantBy } from "../conductor/view.ts";
import { answered, clusterErrorOf, statusIn } from "./errors.ts";
import type { OpenStream } from "./stream.ts";
import { textLines } from "./text-lines.ts";

/** After which the server ends it: watchers that began together are not to begin again together. */
const MIN_SECONDS = 240;
const MAX_SECONDS = 480;

const GROUPS: Readonly<Record<WatchQuery["resource"], string>> = {
  pods: "api/v1",
  leases: "apis/coordination.k8s.io/v1",
};

export type Watch = (query: WatchQuery, since: string, signal: AbortSignal) => AsyncGenerator<Watched>;

export const createWatch = (open: OpenStream, server: string): Watch =>
  async function* watch({ resource, namespace, labelSelector }, since, signal) {
    const url = new URL(
      `${server}/${GROUPS[resource]}/namespaces/${encodeURIComponent(namespace)}/${resource}`,
    );
    url.searchParams.set("watch", "true");
    url.searchParams.set("allowWatchBookmarks", "true");
    url.searchParams.set("resourceVersion", since);
    url.searchParams.set("labelSelector", labelSelector);
    url.searchParams.set("timeoutSeconds", String(randomInt(MIN_SECONDS, MAX_SECONDS)));
    let isBegun = false;
    try {
      const body = await open(url, signal);
      yield { what: "open" };
      for await (const line of textLines(body, true)) {
        const event = eventIn(line);
        if (event === undefined && isBegun) throw new ClusterError("unreachable", "a watch was cut off");
        isBegun = true;
        yield watchedIn(event ?? {}, server);
      }
    } catch (error) {
      if (signal.aborted) return;
      throw clusterErrorOf(error, { server });
    }
  };

interface Event {
  readonly type?: string;
  readonly object?: {
    readonly metadata?: {
      readonly name?: string;
      readonly resourceVersion?: string;
      readonly labels?: Readonly<Record<string, string>>;
    };
    readonly spec?: V1PodSpec | V1LeaseSpec;
    /** Of an error. */
    readonly code?: number;
  };
}

const watchedIn = ({ type, object }: Event, server: string): Watched => {
  const version = object?.metadata?.resourceVersion;
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      if (object === undefined || version === undefined) break;
      return { what: "change", changed: changedOf(object, type === "DELETED"), version };
    case "BOOKMARK":
      if (version === undefined) break;
      return { what: "bookmark", version };
    case "ERROR":
      throw answered(object?.code ?? SERVER_ERROR, statusIn(object), { server });
    case undefined:
    default:
  }
  throw new ClusterError("refused", `${server} does not answer a watch as a Kubernetes API server does`);
};

const SERVER_ERROR = 500;

/** Undefined: it is no JSON. */
const eventIn = (line: string): Event | undefined => {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    return undefined;
  }
};

const changedOf = ({ metadata, spec }: NonNullable<Event["object"]>, isGone: boolean): Changed => {
  const of = { name: metadata?.name ?? "", labels: metadata?.labels ?? {} };
  if (spec === undefined) return of;
  return "containers" in spec
    ? { ...of, node: spec.nodeName ?? nodeMeantBy({ spec }) }
    : { ...of, holder: isGone ? undefined : spec.holderIdentity };
};
