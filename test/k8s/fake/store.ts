/** Objects as an API server keeps them: uids, versions that only grow, and preconditions. */
import type { KubernetesObject } from "@kubernetes/client-node";
import { ClusterError, type Deleting } from "../../../src/k8s/cluster.ts";

export interface Change<T> {
  readonly object: T;
  readonly isGone: boolean;
  readonly version: string;
}

export interface Store<T extends KubernetesObject> {
  /** All that ever happened, in its order. */
  readonly changes: readonly Change<T>[];
  /** Told after each. */
  readonly onChange: Set<() => void>;
  readonly all: () => readonly T[];
  readonly find: (namespace: string, name: string) => T | undefined;
  readonly get: (namespace: string, name: string) => T;
  readonly create: (object: T, now: Date) => T;
  /** With the version that was read, else a conflict. */
  readonly replace: (object: T) => T;
  /** By whoever needs no version: kubelet, controllers. Nothing if it has gone. */
  readonly patch: (uid: string, change: (object: T) => T) => void;
  /** Checks what is meant exactly. */
  readonly meant: (namespace: string, name: string, options: Deleting) => T;
  readonly remove: (uid: string) => void;
}

let lastUid = 0;
let lastVersion = 0;

/** Of everything, as a list is told it. */
export const presentVersion = (): string => String(lastVersion);

const nextVersion = (): string => {
  lastVersion += 1;
  return String(lastVersion);
};

/** What a write cannot change, and need not tell. */
const pickIdentity = ({ metadata }: KubernetesObject) => ({
  ...(metadata?.uid === undefined ? {} : { uid: metadata.uid }),
  ...(metadata?.creationTimestamp === undefined ? {} : { creationTimestamp: metadata.creationTimestamp }),
});

/** Whoever is handed one changes it for nobody else. */
const frozen = <T>(value: T): T => {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
};

/** `changed` is told of every write. */
export const store = <T extends KubernetesObject>(kind: string, changed: () => void): Store<T> => {
  const objects = new Map<string, T>();
  const changes: Change<T>[] = [];
  const onChange = new Set<() => void>();
  const note = (object: T, isGone: boolean, version: string): void => {
    changes.push({ object, isGone, version });
    changed();
    for (const told of onChange) told();
  };
  const keyOf = (namespace: string | undefined, name: string | undefined): string =>
    `${namespace ?? ""}/${name ?? ""}`;
  const keyOfObject = ({ metadata }: T): string => keyOf(metadata?.namespace, metadata?.name);
  const keep = (object: T): T => {
    objects.set(keyOfObject(object), frozen(object));
    note(object, false, object.metadata?.resourceVersion ?? "");
    return object;
  };
  const find = (namespace: string, name: string): T | undefined => objects.get(keyOf(namespace, name));
  const get = (namespace: string, name: string): T => {
    const found = find(namespace, name);
    if (found === undefined) throw new ClusterError("not-found", `${kind} "${name}" not found`);
    return found;
  };
  const meant = (namespace: string, name: string, { uid, resourceVersion }: Deleting): T => {
    const found = get(namespace, name);
    const { metadata } = found;
    if (uid !== undefined && uid !== metadata?.uid)
      throw new ClusterError("conflict", `the UID in the precondition (${uid}) does not match`);
    if (resourceVersion !== undefined && resourceVersion !== metadata?.resourceVersion)
      throw new ClusterError("conflict", `the ResourceVersion in the precondition does not match`);
    return found;
  };

  return {
    changes,
    onChange,
    all: () => [...objects.values()],
    find,
    get,
    meant,
    create: (object, now) => {
      lastUid += 1;
      const { generateName, name = `${generateName ?? ""}${lastUid}` } = object.metadata ?? {};
      const made = {
        ...object,
        metadata: {
          ...object.metadata,
          name,
          uid: `uid-${lastUid}`,
          resourceVersion: nextVersion(),
          creationTimestamp: now,
        },
      };
      if (objects.has(keyOfObject(made)))
        throw new ClusterError("exists", `${kind} "${name}" already exists`);
      return keep(made);
    },
    replace: (object) => {
      const { namespace = "", name = "", resourceVersion } = object.metadata ?? {};
      const found = get(namespace, name);
      if (found.metadata?.resourceVersion !== resourceVersion)
        throw new ClusterError("conflict", `${kind} "${name}": the object has been modified`);
      return keep({
        ...object,
        metadata: {
          ...object.metadata,
          ...pickIdentity(found),
          resourceVersion: nextVersion(),
        },
      });
    },
    patch: (uid, change) => {
      const found = [...objects.values()].find(({ metadata }) => metadata?.uid === uid);
      if (found === undefined) return;
      const next = change(found);
      keep({ ...next, metadata: { ...next.metadata, resourceVersion: nextVersion() } });
    },
    remove: (uid) => {
      for (const [key, object] of objects) {
        if (object.metadata?.uid !== uid) continue;
        objects.delete(key);
        note(object, true, nextVersion());
      }
    },
  };
};
