/** Gathers a bench's records with its progress on the screen, and listens to its conductor meanwhile. */
import type { FoundBench } from "../../k8s/bench/find.ts";
import { hintFor, type NodeState, stateOf } from "../../k8s/bench/state.ts";
import type { UserCluster } from "../../k8s/user-cluster.ts";
import type { CliContext } from "../context.ts";
import { clock as clockText } from "../live-view.ts";
import { BETWEEN } from "../screen.ts";
import type { Heard } from "../../k8s/collect/collect.ts";
import { systemClock } from "./clock.ts";
import type { Namespaces } from "./connect.ts";
import { gather, type NodeResult } from "./gather.ts";
import { type ConductorEar, followConductor } from "./hear-conductor.ts";
import { keepVoids } from "./keep-record.ts";
import { createProgress } from "./progress.ts";

export interface Watching {
  readonly cluster: UserCluster;
  readonly namespaces: Namespaces;
  readonly bench: string;
  readonly out: string;
  readonly follow: boolean;
  readonly signal?: AbortSignal;
  readonly ear: ConductorEar;
  readonly forecastSeconds?: number;
  readonly hasConductor: boolean;
}

export const watchBench = async (
  { screen, host }: CliContext,
  watching: Watching,
): Promise<readonly NodeResult[] | undefined> => {
  const { cluster, namespaces, ear, follow, signal } = watching;
  const progress = createProgress(() => host.now(), watching.forecastSeconds);
  const failing = new AbortController();
  const conductor = followConductor(cluster, systemClock, namespaces, ear, {
    follow,
    signal: AbortSignal.any([...(signal === undefined ? [] : [signal]), failing.signal]),
  });
  const told = new Map<string, string>();
  const tellObstacle = (who: string, state: NodeState): void => {
    const why = state.kind === "starting" ? state.why : undefined;
    if (why === undefined || told.get(who) === why) return;
    told.set(who, why);
    screen.warn(`${who}: has not begun: ${why}`);
    const hint = hintFor(state);
    if (hint !== undefined) screen.info(`  hint: ${hint}`);
  };
  const show = (bench: FoundBench): void => {
    for (const { name, job, pod, unmade } of bench.nodes) {
      progress.of(name);
      tellObstacle(name, stateOf(job, pod, unmade));
    }
    if (bench.conductor !== undefined)
      tellObstacle(
        "the conductor",
        stateOf(bench.conductor, bench.conductorPods.at(-1), bench.conductorUnmade),
      );
    const left = progress.left();
    const away = ear.away();
    screen.progress(
      [
        progress.text(),
        ...(left === undefined ? [] : [`about ${clockText(left * 1000)} left`]),
        ...(away.length === 0 ? [] : [`without its agent: ${away.join(", ")}`]),
      ].join(BETWEEN),
      progress.doings(),
    );
  };
  const gathering = {
    ...watching,
    clock: systemClock,
    onHeard: (node: string, heard: Heard) => {
      progress.hear(node, heard);
      if (heard.kind !== "said" || heard.line.tare !== "preflight") return;
      for (const { what, hint } of heard.line.lacking) {
        screen.warn(`${node}: ${what}`);
        screen.info(`  hint: ${hint}`);
      }
    },
    onSilence: (node: string, why: string) => {
      screen.warn(`${node}: its pod's log cannot be read: ${why}`);
      screen.info("  hint: the API server reads it from the node's kubelet, as for kubectl's logs");
    },
    onUnwatched: (namespace: string, why: string) => {
      screen.info(`pods in namespace ${namespace} cannot be watched, and are asked for every 2 s: ${why}`);
    },
    onLook: (bench: FoundBench) => {
      if (watching.hasConductor) conductor.look(bench);
      if (follow) show(bench);
    },
    onEnded: ({ node, state, folder }: NodeResult) => {
      progress.over(node);
      if (!follow) return;
      if (state.kind === "interrupted") screen.warn(`${node}: interrupted: ${state.why}`);
      else screen.info(`${node}: done${folder === undefined ? "" : `, ${folder}`}`);
    },
  };
  try {
    return await gather(gathering);
  } catch (error) {
    failing.abort();
    throw error;
  } finally {
    await conductor.done();
    await keepVoids(watching.out, ear.voids);
  }
};
