/**
 * Takes a Lease, keeps it and lets it go. A Lease of somebody else has run out when it has been seen unchanged for its
 * whole duration: his clock need not be right, nor does time count in which the cluster did not answer.
 */
import type { V1Lease } from "@kubernetes/client-node";
import { type Cluster, ClusterError, isClusterError } from "../cluster.ts";
import { leaseObject, type LeaseTerms, renewed } from "../objects/leases.ts";
import type { Clock } from "./clock.ts";

export type LeaseCluster = Pick<Cluster, "getLease" | "createLease" | "replaceLease" | "deleteLease">;

export type Held =
  { readonly kind: "ours" } | { readonly kind: "foreign"; readonly by: string; readonly since: string };

export interface LeaseKeeper {
  /** Takes it if it is free, and renews it when that is due. */
  keep(): Promise<Held>;
  isOurs(): boolean;
  /** Writes it now, however young it is: only the server knows whose it is. */
  renew(): Promise<Held>;
  /** Of ours: what a successor is to know. Written with the next renewal, which is then due. */
  note(annotations: Readonly<Record<string, string>>): void;
  noted(): Readonly<Record<string, string>>;
  /** Rejects where somebody writes it at the same time: to be tried again. */
  drop(): Promise<void>;
  /** The cluster did not answer: others may have renewed theirs meanwhile. */
  forgetWaiting(): void;
}

const RENEWED_AFTER_MS = 15_000;
/** Of reading it and writing it at once, before the next look. */
const MAX_TRIES = 3;

export const leaseKeeper = (cluster: LeaseCluster, clock: Clock, terms: LeaseTerms): LeaseKeeper => {
  const { namespace, name } = terms;
  let ours: V1Lease | undefined;
  let renewedAt = 0;
  let notes: Readonly<Record<string, string>> = {};
  let areWritten = true;
  /** Somebody else's, and since when it has not changed. */
  let watched: { readonly version: string; readonly since: number } | undefined;

  const isOf = (lease: V1Lease, holder: string): boolean => lease.spec?.holderIdentity === holder;
  const holds = (lease: V1Lease): Held => {
    ours = lease;
    renewedAt = clock.elapsedMs();
    watched = undefined;
    areWritten = Object.entries(notes).every(([key, value]) => lease.metadata?.annotations?.[key] === value);
    notes = { ...lease.metadata?.annotations, ...notes };
    return { kind: "ours" };
  };
  const withNotes = (lease: V1Lease): V1Lease => ({
    ...lease,
    metadata: { ...lease.metadata, annotations: { ...lease.metadata?.annotations, ...notes } },
  });
  const read = async (): Promise<V1Lease | undefined> => {
    try {
      return await cluster.getLease(namespace, name);
    } catch (error) {
      if (isClusterError(error, "not-found")) return undefined;
      throw error;
    }
  };
  const hasRunOut = (lease: V1Lease): boolean => {
    const { holderIdentity, leaseDurationSeconds = terms.seconds } = lease.spec ?? {};
    if (holderIdentity === undefined || holderIdentity === "") return true;
    const version = lease.metadata?.resourceVersion ?? "";
    if (watched?.version !== version) watched = { version, since: clock.elapsedMs() };
    return clock.elapsedMs() - watched.since > leaseDurationSeconds * 1000;
  };
  /** Undefined: somebody has written it in between, be it a request of ours whose answer was lost. */
  const written = async (write: () => Promise<V1Lease>): Promise<Held | undefined> => {
    try {
      return holds(await write());
    } catch (error) {
      if (!isClusterError(error, "conflict", "exists", "not-found")) throw error;
      return undefined;
    }
  };

  const remove = async ({ metadata }: V1Lease): Promise<void> => {
    const { uid, resourceVersion } = metadata ?? {};
    try {
      await cluster.deleteLease(namespace, name, {
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      });
    } catch (error) {
      if (!isClusterError(error, "not-found")) throw error;
    }
  };

  const tryToTake = async (): Promise<Held | undefined> => {
    const found = await read();
    if (found === undefined)
      return written(() => cluster.createLease(withNotes(leaseObject(terms, clock.now()))));
    if (isOf(found, terms.holder)) {
      notes = { ...found.metadata?.annotations, ...notes };
      return written(() => cluster.replaceLease(withNotes(renewed(found, clock.now()))));
    }
    ours = undefined;
    if (hasRunOut(found))
      return written(() => cluster.replaceLease(withNotes(leaseObject(terms, clock.now(), found))));
    return {
      kind: "foreign",
      by: found.spec?.holderIdentity ?? "",
      since: found.spec?.acquireTime?.toISOString() ?? "a time that it does not tell",
    };
  };
  const take = async (): Promise<Held> => {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const held = await tryToTake();
      if (held !== undefined) return held;
    }
    throw new ClusterError("conflict", `Lease ${namespace}/${name} is written by somebody else all the time`);
  };

  const renew = async (): Promise<Held> => {
    const kept = ours;
    if (kept === undefined) return take();
    return (await written(() => cluster.replaceLease(withNotes(renewed(kept, clock.now()))))) ?? take();
  };

  return {
    isOurs: () => ours !== undefined,
    keep: async () => {
      const isYoung = areWritten && clock.elapsedMs() - renewedAt < RENEWED_AFTER_MS;
      return ours !== undefined && isYoung ? { kind: "ours" } : renew();
    },
    renew,
    note: (annotations) => {
      notes = { ...notes, ...annotations };
      areWritten = false;
    },
    noted: () => notes,
    drop: async () => {
      const found = await read();
      if (found !== undefined && isOf(found, terms.holder)) await remove(found);
      ours = undefined;
    },
    forgetWaiting: () => {
      watched = undefined;
    },
  };
};
