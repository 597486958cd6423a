/** A cluster of some nodes behind the server: it makes pods of Jobs, runs what is bound, and gives agents back as its controllers would. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { recordText, writeNodeLine } from "../../../src/k8s/node/lines.ts";
import { CHAIN_START, seal } from "../../../src/record/chain.ts";
import type { RecordLine } from "../../../src/domain/record.ts";
import { type ApiServer, startApiServer, type Stored } from "./api-server.ts";

const EXAMPLE = resolve(import.meta.dirname, "../../../results/examples/record.jsonl");

/** A real record as another node would have written it; `change`: of each line behind the header. */
export const recordOf = (
  hostname: string,
  change: (line: RecordLine) => RecordLine = (line) => line,
): readonly string[] => {
  let digest = CHAIN_START;
  return readFileSync(EXAMPLE, "utf8")
    .trim()
    .split("\n")
    .map((text) => {
      const { digest: _digest, ...line } = JSON.parse(text) as {
        digest: string;
        type: string;
        host?: object;
      };
      const own =
        line.type === "header"
          ? {
              ...line,
              run: `run-${hostname}`,
              host: {
                ...line.host,
                hostname,
                bootId: { kind: "value", value: hostname },
                machineIdHash: { kind: "value", value: hostname },
              },
            }
          : change(line as unknown as RecordLine);
      const sealed = seal(digest, own as unknown as RecordLine);
      ({ digest } = sealed);
      return sealed.text;
    });
};

export const logOf = (hostname: string, record = recordOf(hostname)): readonly string[] => {
  return [
    "tare: measuring",
    ...record.map((text, index) => recordText(index, text)),
    writeNodeLine({ tare: "done", exitCode: 0, blocks: 12, said: "12 trials measured" }),
  ];
};

export const AGENT = "daemonset:kube-system/tetragon";
const AGENT_LABELS = { "app.kubernetes.io/name": "tetragon" };

export interface SmallCluster {
  readonly api: ApiServer;
  /** What the pod on a node prints, and whether it ends then; replaced by a test. */
  run: (node: string, pod: string) => void;
  /** Of the Job's controller, as long as it cannot make a pod; undefined: it can. */
  refusal: (node: string) => string | undefined;
  /** Ends the container, with its Job. */
  finish: (pod: string, exitCode?: number) => void;
}

const isPodOf = (pod: Stored, role: string): boolean => pod.metadata.labels?.["tare.dev/role"] === role;

const nodeOf = ({ spec }: Stored): string => {
  const own = spec?.["nodeName"];
  if (typeof own === "string") return own;
  return (
    /"key":"metadata\.name","operator":"In","values":\["([^"]+)"\]/.exec(JSON.stringify(spec))?.[1] ?? ""
  );
};

export const startSmallCluster = async (names: readonly string[]): Promise<SmallCluster> => {
  const api = await startApiServer();
  for (const name of ["tare", "tare-control", "kube-system"]) api.put("namespaces", { metadata: { name } });
  for (const name of names)
    api.put("nodes", {
      metadata: {
        name,
        labels: { "kubernetes.io/hostname": name, "node.kubernetes.io/instance-type": "m7g.xlarge" },
      },
      spec: {},
      status: {
        allocatable: { cpu: "4", memory: "16Gi", pods: "110", "ephemeral-storage": "50Gi" },
        conditions: [{ type: "Ready", status: "True" }],
        nodeInfo: {
          architecture: "arm64",
          kernelVersion: "6.1.0",
          osImage: "Bottlerocket OS",
          operatingSystem: "linux",
        },
      },
    });
  api.put("daemonsets", {
    metadata: { name: "tetragon", namespace: "kube-system", uid: "uid-ds", generation: 1 },
    spec: {
      selector: { matchLabels: AGENT_LABELS },
      template: {
        metadata: { labels: AGENT_LABELS },
        spec: { containers: [{ name: "tetragon", image: "quay.io/cilium/tetragon:v1.5.0" }] },
      },
    },
    status: {
      observedGeneration: 1,
      desiredNumberScheduled: names.length,
      updatedNumberScheduled: names.length,
    },
  });
  let count = 0;
  const isHeld = (node: string): boolean =>
    api.all("pods").some((pod) => isPodOf(pod, "hold") && nodeOf(pod) === node);
  /** Bound and Ready, unless a hold keeps it off. */
  const putAgent = (node: string): void => {
    count += 1;
    const isOff = isHeld(node);
    api.put("pods", {
      metadata: {
        name: `tetragon-${count}`,
        namespace: "kube-system",
        labels: { ...AGENT_LABELS, "controller-revision-hash": "r1" },
        ownerReferences: [
          { apiVersion: "apps/v1", kind: "DaemonSet", name: "tetragon", uid: "uid-ds", controller: true },
        ],
      },
      spec: {
        containers: [{ name: "tetragon", image: "t", resources: { requests: { cpu: "100m" } } }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] },
              ],
            },
          },
        },
        ...(isOff ? {} : { nodeName: node }),
      },
      status: isOff
        ? {
            phase: "Pending",
            conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }],
          }
        : {
            phase: "Running",
            conditions: [{ type: "Ready", status: "True" }],
            containerStatuses: [
              { name: "tetragon", image: "t", imageID: "sha256:t", state: { running: {} } },
            ],
          },
    });
  };
  for (const name of names) putAgent(name);

  const small: SmallCluster = {
    api,
    run: (node, pod) => {
      api.say("tare", pod, ...logOf(node));
      small.finish(pod);
    },
    refusal: () => undefined,
    finish: (name, exitCode = 0) => {
      const pod = api.all("pods").find(({ metadata }) => metadata.name === name);
      if (pod === undefined) return;
      const phase = exitCode === 0 ? "Succeeded" : "Failed";
      api.put("pods", {
        ...pod,
        status: { phase, containerStatuses: [{ name: "node", state: { terminated: { exitCode } } }] },
      });
      const job = api
        .all("jobs")
        .find(
          ({ metadata }) => metadata.labels?.["tare.dev/node"] === pod.metadata.labels?.["tare.dev/node"],
        );
      const type = exitCode === 0 ? "Complete" : "Failed";
      if (job !== undefined) api.put("jobs", { ...job, status: { conditions: [{ type, status: "True" }] } });
      api.end("tare", name);
    },
  };

  api.onChange = ({ what, resource, object }) => {
    if (what === "create" && resource === "jobs") startJob(object);
    if (what === "create" && resource === "pods" && object.metadata.namespace === "tare-control")
      api.put("pods", { ...object, status: { phase: "Running" } });
    if (what === "delete" && resource === "pods") afterDelete(object);
    if (what === "delete" && resource === "jobs") collectOwned(object);
  };
  const startJob = (job: Stored): void => {
    const template = (job.spec?.["template"] ?? {}) as {
      metadata?: { labels?: Record<string, string> };
      spec?: Record<string, unknown>;
    };
    const isNode = job.metadata.labels?.["tare.dev/role"] === "node";
    const name = `${job.metadata.name ?? ""}-x`;
    const node = isNode ? nodeOf({ metadata: {}, spec: template.spec ?? {} }) : (names[0] ?? "");
    const message = isNode ? small.refusal(node) : undefined;
    if (message !== undefined) {
      api.put("events", {
        metadata: { name: `${name}.1`, namespace: job.metadata.namespace ?? "" },
        involvedObject: { kind: "Job", name: job.metadata.name ?? "" },
        type: "Warning",
        reason: "FailedCreate",
        message,
      });
      setTimeout(() => startJob(job), 1000);
      return;
    }
    api.put("pods", {
      metadata: {
        name,
        namespace: job.metadata.namespace ?? "",
        labels: template.metadata?.labels ?? {},
        ownerReferences: [{ kind: "Job", name: job.metadata.name, uid: job.metadata.uid, controller: true }],
      },
      spec: { ...template.spec, nodeName: node },
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
        containerStatuses: [{ name: "c", state: { running: {} } }],
      },
    });
    if (isNode) small.run(node, name);
  };
  const afterDelete = (pod: Stored): void => {
    if (pod.metadata.labels?.["app.kubernetes.io/name"] === "tetragon") putAgent(nodeOf(pod));
    if (!isPodOf(pod, "hold")) return;
    // As the scheduler does, without the Pending pod's having to be deleted.
    const waiting = api
      .all("pods")
      .filter(
        ({ status, metadata }) =>
          status?.["phase"] === "Pending" && metadata.labels?.["app.kubernetes.io/name"] === "tetragon",
      )
      .filter((one) => nodeOf(one) === nodeOf(pod));
    for (const { metadata } of waiting) api.remove("pods", "kube-system", metadata.name ?? "");
    if (waiting.length > 0) putAgent(nodeOf(pod));
  };
  const collectOwned = (job: Stored): void => {
    const owned = api
      .all("pods")
      .filter(({ metadata }) =>
        JSON.stringify(metadata.ownerReferences ?? []).includes(`"${job.metadata.uid ?? "none"}"`),
      );
    for (const pod of owned) {
      api.remove("pods", pod.metadata.namespace ?? "", pod.metadata.name ?? "");
      afterDelete(pod);
    }
  };
  return small;
};
