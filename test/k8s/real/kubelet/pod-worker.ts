/**
 * One pod on a node: its containers, its deadline, and what the API is told of it. It goes on without the API, and without the kubelet that
 * tells the API of it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type {
  V1Container,
  V1ContainerStatus,
  V1Pod,
  V1PodCondition,
  V1PodStatus,
} from "@kubernetes/client-node";
import { PATHS } from "../paths.ts";
import { isApiError, type Rest } from "../rest.ts";
import type { Rejection } from "./admission.ts";
import { ContainerLog } from "./log.ts";
import { aborted, type Images, type NodeView } from "./program.ts";

/** What a real container takes to start and to stop, roughly. */
const START_MS = 1000;
const STOP_MS = 500;

type State =
  | { readonly kind: "waiting"; readonly reason: string }
  | { readonly kind: "running"; readonly since: Date }
  | { readonly kind: "ended"; readonly since: Date; readonly at: Date; readonly exitCode: number };

interface ContainerRun {
  readonly container: V1Container;
  readonly log: ContainerLog;
  state: State;
  restarts: number;
}

export class PodWorker {
  readonly uid: string;
  readonly #node: NodeView;
  readonly #rest: Rest;
  readonly #images: Images;
  readonly #startTime = new Date();
  readonly #start = performance.now();
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  readonly #runs: readonly ContainerRun[];
  #pod: V1Pod;
  #refused: Rejection | undefined;
  #work: Promise<unknown> = Promise.resolve();

  /** @param refused Why the node does not take it; undefined: it starts */
  constructor(pod: V1Pod, refused: Rejection | undefined, node: NodeView, rest: Rest, images: Images) {
    this.#pod = pod;
    this.uid = pod.metadata?.uid ?? "";
    this.#refused = refused;
    this.#node = node;
    this.#rest = rest;
    this.#images = images;
    this.#runs = (pod.spec?.containers ?? []).map((container) => ({
      container,
      log: new ContainerLog(),
      state: { kind: "waiting", reason: "ContainerCreating" },
      restarts: 0,
    }));
    if (isOver(pod)) return;
    if (isLost(pod))
      this.#refused = { reason: "Lost", message: "its containers went with the node's last boot" };
    if (this.#refused === undefined) this.#work = Promise.all(this.#runs.map((run) => this.#run(run)));
  }

  get pod(): V1Pod {
    return this.#pod;
  }

  get isRunning(): boolean {
    return this.#runs.some(({ state }) => state.kind === "running");
  }

  /** It takes up room of the node. */
  get isTaken(): boolean {
    return !isOver(this.#pod) && (this.#phase() === "Pending" || this.#phase() === "Running");
  }

  log(container: string): ContainerLog | undefined {
    return this.#runs.find((run) => run.container.name === container)?.log;
  }

  seen(pod: V1Pod): void {
    this.#pod = pod;
  }

  /** Its object is gone, or its node is: the containers are killed. */
  async end(): Promise<void> {
    this.#stop.abort();
    this.#kill.abort();
    await this.#work;
  }

  /** Without the API, as a kubelet does it: each second, by its own clock. */
  keepDeadline(): void {
    const seconds = this.#pod.spec?.activeDeadlineSeconds;
    if (seconds === undefined || !this.isTaken || performance.now() - this.#start < seconds * 1000) return;
    this.#refused = {
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    };
    this.#kill.abort();
    this.#stop.abort();
  }

  /** Stops what is to be deleted, and tells the API what it does not know, or what somebody else told it. */
  async report(): Promise<void> {
    const {
      deletionTimestamp,
      deletionGracePeriodSeconds = 0,
      namespace = "",
      name = "",
    } = this.#pod.metadata ?? {};
    if (deletionTimestamp !== undefined && !this.#stop.signal.aborted) {
      this.#stop.abort();
      void sleep(deletionGracePeriodSeconds * 1000, undefined, { ref: false }).then(() => this.#kill.abort());
    }
    const path = PATHS.pods(namespace, name);
    try {
      const status = this.#status();
      // What is over stays as it was told.
      if (!isOver(this.#pod) && !isSame(this.#pod.status, status))
        this.#pod = await this.#rest.patch<V1Pod>(`${path}/status`, { metadata: { uid: this.uid }, status });
      if (deletionTimestamp !== undefined && !this.isRunning)
        await this.#rest.delete(path, { gracePeriodSeconds: 0, preconditions: { uid: this.uid } });
    } catch (error) {
      // Another object of that name, or none: the watch tells. Everything else is tried again.
      if (!isApiError(error, 404, 409)) throw error;
    }
  }

  async #run(run: ContainerRun): Promise<void> {
    const { restartPolicy = "Always" } = this.#pod.spec ?? {};
    for (;;) {
      await Promise.race([sleep(START_MS), aborted(this.#kill.signal)]);
      const program = this.#images[run.container.image ?? ""];
      if (program === undefined) {
        run.state = { kind: "waiting", reason: "ErrImagePull" };
        await aborted(this.#stop.signal);
      }
      if (this.#stop.signal.aborted || program === undefined) {
        run.state = { kind: "ended", since: new Date(), at: new Date(), exitCode: 137 };
        break;
      }
      const since = new Date();
      run.state = { kind: "running", since };
      run.log.begin();
      const started = {
        pod: this.#pod,
        container: run.container,
        node: this.#node,
        print: (line: string): void => run.log.append(line),
        stop: this.#stop.signal,
        kill: this.#kill.signal,
      };
      const exitCode = await Promise.race([program(started), aborted(this.#kill.signal).then(() => 137)]);
      if (this.#stop.signal.aborted) await Promise.race([sleep(STOP_MS), aborted(this.#kill.signal)]);
      run.state = { kind: "ended", since, at: new Date(), exitCode };
      const again = restartPolicy === "Always" || (restartPolicy === "OnFailure" && exitCode !== 0);
      if (this.#stop.signal.aborted || !again) break;
      run.restarts += 1;
    }
    run.log.end();
  }

  #phase(): string {
    if (this.#refused !== undefined && !this.isRunning) return "Failed";
    if (this.#runs.every(({ state }) => state.kind === "ended"))
      return this.#runs.every(({ state }) => state.kind === "ended" && state.exitCode === 0)
        ? "Succeeded"
        : "Failed";
    return this.#runs.every(({ state }) => state.kind === "waiting") ? "Pending" : "Running";
  }

  #status(): V1PodStatus {
    const phase = this.#phase();
    const ready = phase === "Running" && this.#runs.every(({ state }) => state.kind === "running");
    const own: readonly (readonly [string, boolean])[] = [
      ["PodReadyToStartContainers", phase === "Running"],
      ["Initialized", this.#refused === undefined],
      ["ContainersReady", ready],
      ["Ready", ready],
    ];
    const before = this.#pod.status?.conditions ?? [];
    const conditions = own.map(([type, isTrue]): V1PodCondition => {
      const status = isTrue ? "True" : "False";
      const earlier = before.find((condition) => condition.type === type);
      return earlier?.status === status ? earlier : { type, status, lastTransitionTime: new Date() };
    });
    return {
      phase,
      ...(this.#refused === undefined ? {} : this.#refused),
      startTime: this.#startTime,
      hostIP: "127.0.0.1",
      podIP: "127.0.0.1",
      conditions: [...before.filter(({ type }) => !own.some(([name]) => name === type)), ...conditions],
      containerStatuses: this.#runs.map((run) => statusOf(run)),
    };
  }
}

/** What ran here before the node was switched off does not begin again. */
const isLost = ({ spec, status }: V1Pod): boolean =>
  status?.phase === "Running" && spec?.restartPolicy === "Never";

const isOver = ({ status }: V1Pod): boolean => status?.phase === "Succeeded" || status?.phase === "Failed";

const statusOf = ({ container, state, restarts }: ContainerRun): V1ContainerStatus => ({
  name: container.name,
  image: container.image ?? "",
  imageID: `sha256:${container.image ?? ""}`,
  ready: state.kind === "running",
  started: state.kind === "running",
  restartCount: restarts,
  state: stateOf(state),
});

const stateOf = (state: State): NonNullable<V1ContainerStatus["state"]> => {
  switch (state.kind) {
    case "waiting":
      return { waiting: { reason: state.reason } };
    case "running":
      return { running: { startedAt: state.since } };
    case "ended":
      return {
        terminated: {
          exitCode: state.exitCode,
          reason: state.exitCode === 0 ? "Completed" : "Error",
          startedAt: state.since,
          finishedAt: state.at,
        },
      };
  }
};

const essenceOf = ({ phase, reason, conditions = [], containerStatuses = [] }: V1PodStatus): string =>
  JSON.stringify([
    phase,
    reason ?? "",
    conditions.find(({ type }) => type === "Ready")?.status,
    containerStatuses.map(({ state, restartCount, ready }) => [
      Object.keys(state ?? {}),
      state?.waiting?.reason,
      restartCount,
      ready,
    ]),
  ]);

const isSame = (told: V1PodStatus | undefined, own: V1PodStatus): boolean =>
  told !== undefined && essenceOf(told) === essenceOf(own);
