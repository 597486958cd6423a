/**
 * A node: what a kubelet does for its API server, without a kernel, a runtime or an image behind it. What it cannot show is in
 * docs/kubernetes-tests.md.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Lease, V1MicroTime, V1Node, V1Pod } from "@kubernetes/client-node";
import type { ControlPlane } from "../control-plane.ts";
import { PATHS } from "../paths.ts";
import { isApiError, Rest, type WatchEvent } from "../rest.ts";
import { rejectionOf } from "./admission.ts";
import { type LogServer, serveLogs } from "./log.ts";
import { PodWorker } from "./pod-worker.ts";
import type { Images, NodeView } from "./program.ts";

/** As a kubelet's own. */
const LEASE_MS = 10_000;
const TICK_MS = 500;
const RETRY_MS = 1000;
const LEASE_SECONDS = 40;
const LEASES = "kube-node-lease";

/** Six digits of a second, of which a Date has three. */
const microTime = (): V1MicroTime => new Date().toISOString().replace("Z", "000Z") as unknown as V1MicroTime;

export interface NodeWanted {
  readonly name: string;
  readonly milliCpus?: number;
  readonly pods?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export class FakeKubelet implements NodeView {
  readonly name: string;
  readonly #wanted: Required<NodeWanted>;
  readonly #plane: ControlPlane;
  readonly #rest: Rest;
  readonly #images: Images;
  readonly #workers = new Map<string, PodWorker>();
  #life = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();
  #server: LogServer | undefined;

  private constructor(plane: ControlPlane, wanted: NodeWanted, images: Images) {
    this.name = wanted.name;
    this.#wanted = { milliCpus: 4000, pods: 20, labels: {}, ...wanted };
    this.#plane = plane;
    this.#rest = plane.admin.as(`system:node:${wanted.name}`, "system:nodes");
    this.#images = images;
  }

  static async start(plane: ControlPlane, wanted: NodeWanted, images: Images): Promise<FakeKubelet> {
    const kubelet = new FakeKubelet(plane, wanted, images);
    await kubelet.restart();
    return kubelet;
  }

  runs(ofPod: (pod: V1Pod) => boolean): boolean {
    return [...this.#workers.values()].some((worker) => worker.isRunning && ofPod(worker.pod));
  }

  /** A container's log, to do to it what a runtime does. */
  log(namespace: string, pod: string, container: string): ReturnType<PodWorker["log"]> {
    return this.#named(namespace, pod)?.log(container);
  }

  /** The kubelet alone, or after `die`: containers that still run are taken over. */
  async restart(): Promise<void> {
    this.#life = new AbortController();
    this.#server = await serveLogs(await this.#plane.certificate(), (...container) => this.log(...container));
    await this.#register();
    const { signal } = this.#life;
    this.#loops = Promise.all([
      this.#repeat(LEASE_MS, signal, () => this.#heartbeat()),
      this.#repeat(TICK_MS, signal, () => this.#tick()),
      this.#repeat(0, signal, () => this.#watch(signal)),
    ]);
  }

  /** The kubelet ends without a farewell. What it has started runs on. */
  async die(): Promise<void> {
    this.#life.abort();
    await this.#loops;
    await this.#server?.stop();
    this.#server = undefined;
  }

  /** The node is switched off. */
  async fail(): Promise<void> {
    if (!this.#life.signal.aborted) await this.die();
    await Promise.all([...this.#workers.values()].map((worker) => worker.end()));
    this.#workers.clear();
  }

  /** Fails as the API server does when it is away, and is done again: a kubelet does not give up. */
  async #repeat(everyMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      let wait = everyMs;
      try {
        await work();
      } catch {
        wait = Math.max(everyMs, RETRY_MS);
      }
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  async #register(): Promise<void> {
    const { name, labels } = this.#wanted;
    const node: V1Node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        labels: {
          "kubernetes.io/hostname": name,
          "kubernetes.io/os": "linux",
          "kubernetes.io/arch": "amd64",
          ...labels,
        },
      },
    };
    await this.#rest.create(PATHS.nodes(), node).catch((error: unknown) => {
      if (!isApiError(error, 409)) throw error;
    });
    await this.#tellStatus();
    await this.#renewLease();
  }

  async #tellStatus(): Promise<void> {
    const { pods, milliCpus, name } = this.#wanted;
    const size = { cpu: `${milliCpus}m`, memory: "8Gi", pods: String(pods) };
    const at = new Date();
    const condition = (type: string, status: string, reason: string) => ({
      type,
      status,
      reason,
      message: reason,
      lastHeartbeatTime: at,
      lastTransitionTime: at,
    });
    await this.#rest.patch(`${PATHS.nodes(name)}/status`, {
      status: {
        capacity: size,
        allocatable: size,
        conditions: [
          condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
          condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
          condition("PIDPressure", "False", "KubeletHasSufficientPID"),
          condition("Ready", "True", "KubeletReady"),
        ],
        addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
        daemonEndpoints: { kubeletEndpoint: { Port: this.#server?.port ?? 0 } },
        nodeInfo: {
          architecture: "amd64",
          operatingSystem: "linux",
          kernelVersion: "6.12.0",
          osImage: "none (a fake kubelet)",
          containerRuntimeVersion: "fake://1",
          kubeletVersion: "v1.36.3",
          kubeProxyVersion: "",
          machineID: name,
          systemUUID: name,
          bootID: name,
        },
      },
    });
  }

  async #heartbeat(): Promise<void> {
    await this.#renewLease();
    const node = await this.#rest.get<V1Node>(PATHS.nodes(this.name));
    const ready = node.status?.conditions?.find(({ type }) => type === "Ready");
    // The node controller says Unknown when it has not heard of a node.
    if (ready?.status !== "True") await this.#tellStatus();
  }

  async #renewLease(): Promise<void> {
    const path = PATHS.leases(LEASES, this.name);
    const spec = { holderIdentity: this.name, leaseDurationSeconds: LEASE_SECONDS, renewTime: microTime() };
    const found = await this.#rest.find<V1Lease>(path);
    const lease: V1Lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name: this.name,
        namespace: LEASES,
        ...(found?.metadata?.resourceVersion === undefined
          ? {}
          : { resourceVersion: found.metadata.resourceVersion }),
      },
      spec,
    };
    await (found === undefined
      ? this.#rest.create(PATHS.leases(LEASES), lease)
      : this.#rest.replace(path, lease));
  }

  async #tick(): Promise<void> {
    for (const worker of this.#workers.values()) worker.keepDeadline();
    await this.#reportAll([...this.#workers.values()]);
  }

  async #reportAll(workers: readonly PodWorker[]): Promise<void> {
    const failed = (await Promise.allSettled(workers.map((worker) => worker.report()))).find(
      (result) => result.status === "rejected",
    );
    if (failed !== undefined) throw failed.reason;
  }

  /** A list, and what changes after it, until the connection ends. */
  async #watch(signal: AbortSignal): Promise<void> {
    const path = PATHS.podsOfNode(this.name);
    const { items, metadata } = await this.#rest.get<{
      readonly items: readonly V1Pod[];
      readonly metadata: { readonly resourceVersion: string };
    }>(path);
    const there = new Set(items.map((pod) => pod.metadata?.uid ?? ""));
    for (const uid of this.#workers.keys()) if (!there.has(uid)) await this.#vanished(uid);
    for (const pod of items) await this.#seen(pod);
    const watching = this.#rest.watch<V1Pod>(
      `${path}&watch=true&resourceVersion=${metadata.resourceVersion}`,
      signal,
    );
    for await (const event of watching) await this.#happened(event);
  }

  async #happened({ type, object }: WatchEvent<V1Pod>): Promise<void> {
    switch (type) {
      case "ADDED":
      case "MODIFIED":
        return await this.#seen(object);
      case "DELETED":
        return await this.#vanished(object.metadata?.uid ?? "");
      case "BOOKMARK":
        return;
      case "ERROR":
        // Too old a version: the next list tells.
        throw new Error("the watch ended");
    }
  }

  async #seen(pod: V1Pod): Promise<void> {
    const uid = pod.metadata?.uid ?? "";
    const known = this.#workers.get(uid);
    known?.seen(pod);
    const worker = known ?? this.#taken(pod);
    this.#workers.set(uid, worker);
    await worker.report();
  }

  #taken(pod: V1Pod): PodWorker {
    const others = [...this.#workers.values()].filter(({ isTaken }) => isTaken).map((worker) => worker.pod);
    const { pods, milliCpus } = this.#wanted;
    const rejection = rejectionOf(pod, others, { pods, milliCpus });
    return new PodWorker(pod, rejection, this, this.#rest, this.#images);
  }

  async #vanished(uid: string): Promise<void> {
    const worker = this.#workers.get(uid);
    this.#workers.delete(uid);
    await worker?.end();
  }

  #named(namespace: string, pod: string): PodWorker | undefined {
    return [...this.#workers.values()].find(
      ({ pod: { metadata } }) => metadata?.namespace === namespace && metadata.name === pod,
    );
  }
}
