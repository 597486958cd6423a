/**
 * The slots of one node: it has one while any of its agents is away. As many Leases as nodes may be without an agent
 * cannot be overbooked, whichever benches want them.
 */
import type { Cluster } from "../cluster.ts";
import { benchSelector } from "../objects/labels.ts";
import { slotHolder, slotLease, slotLeaseName } from "../objects/leases.ts";
import type { Clock } from "./clock.ts";
import { type LeaseCluster, type LeaseKeeper, leaseKeeper } from "./keep-lease.ts";
import type { NodeTerms } from "./terms.ts";

export type Taken = { readonly kind: "taken" } | { readonly kind: "none"; readonly why: string };

export interface Slots {
  /** The one that a former conductor took for this node, or a request of which the answer was lost. */
  find(): Promise<void>;
  take(): Promise<Taken>;
  /** Renews it, if it has one. */
  keep(): Promise<void>;
  /** Whether it has one by the server's word, which is asked. */
  isSure(): Promise<boolean>;
  has(): boolean;
  /** Also of one of which it is not known: a request may have been carried out without an answer. */
  mayHave(): boolean;
  drop(): Promise<void>;
  /** The cluster did not answer. */
  forgetWaiting(): void;
}

export const slotsOf = (
  cluster: LeaseCluster & Pick<Cluster, "listLeases">,
  clock: Clock,
  { plan, node, owner }: NodeTerms,
): Slots => {
  const { bench } = plan;
  const namespace = plan.namespaces.control;
  const terms = { bench, namespace, node: node.name, ...(owner === undefined ? {} : { owner }) };
  const keepers: readonly LeaseKeeper[] = Array.from({ length: plan.maxUnprotected }, (_, slot) =>
    leaseKeeper(cluster, clock, slotLease(slot, plan.off.holdSeconds, terms)),
  );
  const own = (): LeaseKeeper | undefined => keepers.find((keeper) => keeper.isOurs());
  let mayHave = false;

  const find = async (): Promise<void> => {
    const leases = await cluster.listLeases(namespace, benchSelector(bench, "slot"));
    for (const [slot, keeper] of keepers.entries()) {
      const lease = leases.find(({ metadata }) => metadata?.name === slotLeaseName(slot));
      if (lease?.spec?.holderIdentity !== slotHolder(bench, node.name)) continue;
      mayHave = true;
      await keeper.keep();
    }
  };

  return {
    find,
    has: () => own() !== undefined,
    mayHave: () => mayHave,
    take: async () => {
      mayHave = true;
      const holders: string[] = [];
      for (const keeper of keepers) {
        const held = await keeper.keep();
        if (held.kind === "ours") return { kind: "taken" };
        holders.push(`${held.by} since ${held.since}`);
      }
      mayHave = false;
      return { kind: "none", why: `as many nodes as may be are without an agent: ${holders.join(", ")}` };
    },
    keep: async () => {
      await own()?.keep();
    },
    isSure: async () => (await own()?.renew())?.kind === "ours",
    drop: async () => {
      await find();
      for (const keeper of keepers) if (keeper.isOurs()) await keeper.drop();
      mayHave = false;
    },
    forgetWaiting: () => {
      for (const keeper of keepers) keeper.forgetWaiting();
    },
  };
};
