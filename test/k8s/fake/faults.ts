/** What can go wrong around a bench, each at its time and for its time. */
import fc from "fast-check";
import type { V1Pod } from "@kubernetes/client-node";
import { ROLE } from "../../../src/k8s/objects/labels.ts";
import { addNode, type Running, rollOut } from "./bench.ts";
import type { Luck } from "./fake-cluster.ts";
import { WATCH_LUCKS, type WatchLuck } from "./fake-watch.ts";
import type { World } from "./world.ts";

export type Fault = { readonly atSeconds: number } & (
  | { readonly kind: "api away" | "scheduler away" | "controllers away"; readonly forSeconds: number }
  | {
      readonly kind: "kubelet away" | "agent unready" | "node away";
      readonly node: string;
      readonly forSeconds: number;
    }
  /** Each request of the conductor meets the next of them. */
  | { readonly kind: "bad luck"; readonly lucks: readonly Luck[]; readonly forSeconds: number }
  | { readonly kind: "watches"; readonly luck: WatchLuck; readonly forSeconds: number }
  | { readonly kind: "conductor dies"; readonly forSeconds: number }
  | {
      readonly kind: "evict" | "delete";
      readonly what: "hold" | "place" | "agent" | "node pod";
      readonly node: string;
    }
  | { readonly kind: "newcomer"; readonly node: string; readonly cpu: string }
  | { readonly kind: "roll out" | "stop" }
);

export const faultsOn = (nodes: readonly string[]): fc.Arbitrary<readonly Fault[]> => {
  const atSeconds = fc.integer({ min: 0, max: 240 });
  const forSeconds = fc.integer({ min: 1, max: 150 });
  const node = fc.constantFrom(...nodes);
  const luck = fc.constantFrom<Luck>("answered", "answered", "answered", "unreachable", "lost");
  const kind = <K extends string>(...kinds: readonly K[]) => fc.constantFrom(...kinds);
  return fc.array(
    fc.oneof(
      fc.record({ atSeconds, forSeconds, kind: kind("api away", "scheduler away", "controllers away") }),
      fc.record({ atSeconds, forSeconds, node, kind: kind("kubelet away", "agent unready", "node away") }),
      fc.record({
        atSeconds,
        forSeconds,
        kind: kind("bad luck"),
        lucks: fc.array(luck, { minLength: 3, maxLength: 12 }),
      }),
      fc.record({
        atSeconds,
        forSeconds,
        kind: kind("watches"),
        luck: kind(...WATCH_LUCKS),
      }),
      fc.record({ atSeconds, forSeconds, kind: kind("conductor dies") }),
      fc.record({
        atSeconds,
        node,
        kind: kind("evict", "delete"),
        what: kind("hold", "place", "agent", "node pod"),
      }),
      fc.record({ atSeconds, node, kind: kind("newcomer"), cpu: kind("100m", "500m", "1800m") }),
      fc.record({ atSeconds, kind: kind("roll out", "stop") }),
    ),
    { maxLength: 6 },
  );
};

/** Resolved once all of them are over. */
export const meet = (
  world: World,
  bench: Running,
  faults: readonly Fault[],
): { readonly areOver: () => boolean } => {
  let running = faults.length;
  for (const fault of faults)
    world.time.after(fault.atSeconds * 1000, () => {
      const undo = strike(world, bench, fault);
      const over = (): void => {
        undo();
        running -= 1;
        world.changed();
      };
      world.changed();
      if ("forSeconds" in fault) world.time.after(fault.forSeconds * 1000, over);
      else over();
    });
  return { areOver: () => running === 0 };
};

const NOTHING = (): void => undefined;

/** How it ends. */
const strike = (world: World, bench: Running, fault: Fault): (() => void) => {
  const { away, pods, nodes } = world;
  switch (fault.kind) {
    case "api away":
      return counted(world, "api");
    case "scheduler away":
      return counted(world, "scheduler");
    case "controllers away":
      return counted(world, "controllers");
    case "kubelet away":
      away.kubelets.add(fault.node);
      return () => away.kubelets.delete(fault.node);
    case "agent unready": {
      const [agent] = podsOf(world, "agent", fault.node);
      if (agent?.status?.phase !== "Running") return NOTHING;
      const become = (status: "True" | "False") => () => {
        pods.patch(agent.metadata?.uid ?? "", (pod) => ({
          ...pod,
          status: { ...pod.status, conditions: [{ type: "Ready", status }] },
        }));
      };
      become("False")();
      return become("True");
    }
    case "node away": {
      const found = nodes.find("", fault.node);
      if (found === undefined) return NOTHING;
      nodes.remove(found.metadata?.uid ?? "");
      return () => {
        // What ran there is gone with the machine.
        for (const pod of pods.all())
          if (pod.spec?.nodeName === fault.node) pods.remove(pod.metadata?.uid ?? "");
        addNode(world, fault.node);
      };
    }
    case "bad luck": {
      let next = 0;
      const client = bench.client();
      client.luck = () => {
        next += 1;
        return fault.lucks[next % fault.lucks.length] ?? "answered";
      };
      return () => {
        client.luck = () => "answered";
      };
    }
    case "watches": {
      const client = bench.client();
      client.watchLuck = fault.luck;
      return () => {
        client.watchLuck = "well";
      };
    }
    case "conductor dies":
      if (bench.isOver()) return NOTHING;
      bench.kill();
      // The Job's next pod.
      return bench.begin;
    case "evict":
      for (const pod of podsOf(world, fault.what, fault.node)) world.evict(pod);
      return NOTHING;
    case "delete":
      for (const pod of podsOf(world, fault.what, fault.node)) world.terminate(pod);
      return NOTHING;
    case "newcomer":
      pods.create(newcomer(fault.node, fault.cpu), world.time.now());
      return NOTHING;
    case "roll out":
      rollOut(world, "tetragon", `tetragon:${fault.atSeconds + 2}`);
      return NOTHING;
    case "stop":
      bench.stop();
      return NOTHING;
  }
};

/** Two such faults may overlap: it is back when the last is over. */
const outages = new WeakMap<World, Map<string, number>>();
const counted = (world: World, what: "api" | "scheduler" | "controllers"): (() => void) => {
  const counts = outages.get(world) ?? new Map<string, number>();
  outages.set(world, counts);
  const add = (one: number): void => {
    const count = (counts.get(what) ?? 0) + one;
    counts.set(what, count);
    world.away[what] = count > 0;
  };
  add(1);
  return () => {
    add(-1);
  };
};

const podsOf = (
  world: World,
  what: "hold" | "place" | "agent" | "node pod",
  node: string,
): readonly V1Pod[] =>
  world.pods.all().filter(({ spec, metadata, status }) => {
    if (spec?.nodeName !== node || status?.phase !== "Running") return false;
    if (what === "agent") return metadata?.labels?.["app"] === "tetragon";
    return metadata?.labels?.[ROLE] === (what === "node pod" ? "node" : what);
  });

export const newcomer = (node: string, cpu: string): V1Pod => ({
  metadata: { generateName: "newcomer-", namespace: "default", labels: { app: "newcomer" } },
  spec: {
    containers: [{ name: "app", image: "app", resources: { requests: { cpu } } }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] }],
        },
      },
    },
  },
  status: { phase: "Pending" },
});
