/**
 * Leases: who benches a node, and which nodes are without an agent. There are as many slots as nodes may be without
 * one, and a node that has none of them keeps its agent; counting holds instead would be a race between benches.
 */
import type { V1Lease, V1OwnerReference } from "@kubernetes/client-node";
import { hashOf, labelsOf, NODE, ROLE, type Role } from "./labels.ts";

export const NODE_LEASE_SECONDS = 60;
/** How long an agent may take to be Ready again after its hold is gone. */
export const RETURN_SECONDS = 300;

/**
 * A slot outlives its conductor until the agent of its node is back without one: until the hold's deadline, and as
 * long as a return takes.
 */
const slotLeaseSeconds = (holdSeconds: number): number => holdSeconds + RETURN_SECONDS;

const nodeLeaseName = (node: string): string => `tare-${hashOf(node)}`;
export const slotLeaseName = (slot: number): string => `tare-slot-${slot}`;

/** Of a node: its bench. Of a slot: the bench and the node, for one bench may have several. */
export const slotHolder = (bench: string, node: string): string => `${bench}/${node}`;

export interface LeaseTerms {
  readonly name: string;
  readonly namespace: string;
  readonly bench: string;
  readonly role: Extract<Role, "lease" | "slot">;
  readonly node: string;
  readonly holder: string;
  readonly seconds: number;
  readonly owner?: V1OwnerReference;
}

export const nodeLease = (
  bench: string,
  namespace: string,
  node: string,
  owner: V1OwnerReference | undefined,
): LeaseTerms => ({
  name: nodeLeaseName(node),
  namespace,
  bench,
  role: "lease",
  node,
  holder: bench,
  seconds: NODE_LEASE_SECONDS,
  ...(owner === undefined ? {} : { owner }),
});

export const slotLease = (
  slot: number,
  holdSeconds: number,
  { bench, namespace, node, owner }: Pick<LeaseTerms, "bench" | "namespace" | "node" | "owner">,
): LeaseTerms => ({
  name: slotLeaseName(slot),
  namespace,
  bench,
  role: "slot",
  node,
  holder: slotHolder(bench, node),
  seconds: slotLeaseSeconds(holdSeconds),
  ...(owner === undefined ? {} : { owner }),
});

/** To create, or to take over one that has run out: then with what was read of it. */
export const leaseObject = (terms: LeaseTerms, now: Date, former?: V1Lease): V1Lease => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: {
    name: terms.name,
    namespace: terms.namespace,
    labels: labelsOf(terms.bench, terms.role, terms.node),
    ...(terms.owner === undefined ? {} : { ownerReferences: [terms.owner] }),
    ...(former?.metadata?.resourceVersion === undefined
      ? {}
      : { resourceVersion: former.metadata.resourceVersion }),
  },
  spec: {
    holderIdentity: terms.holder,
    leaseDurationSeconds: terms.seconds,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: former === undefined ? 0 : (former.spec?.leaseTransitions ?? 0) + 1,
  },
});

/** The same one, of the same holder, for another term. */
export const renewed = (lease: V1Lease, now: Date): V1Lease => ({
  ...lease,
  spec: { ...lease.spec, renewTime: now },
});

/** Which bench has which node, by the label of the node; one whose bench is dead runs out. */
export const leasesHeld = (leases: readonly V1Lease[], now: Date): ReadonlyMap<string, string> =>
  new Map(
    leases.flatMap(({ metadata, spec }): (readonly [string, string])[] => {
      const node = metadata?.labels?.[NODE];
      const { holderIdentity, renewTime, leaseDurationSeconds = 0 } = spec ?? {};
      // Slots are kept beyond a bench, until the agent is back.
      const isOfNode = metadata?.labels?.[ROLE] === "lease";
      if (!isOfNode || node === undefined || holderIdentity === undefined || renewTime === undefined)
        return [];
      const ends = new Date(renewTime).getTime() + leaseDurationSeconds * 1000;
      return ends > now.getTime() ? [[node, holderIdentity]] : [];
    }),
  );
