/** A container's command as a process of its own, with the environment and the identity that a kubelet gives it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { V1Container, V1EnvVar, V1Pod } from "@kubernetes/client-node";
import type { ControlPlane } from "../control-plane.ts";
import { PATHS } from "../paths.ts";
import type { Program } from "./program.ts";

const FIELDS: Readonly<Record<string, (pod: V1Pod) => string | undefined>> = {
  "metadata.name": ({ metadata }) => metadata?.name,
  "metadata.namespace": ({ metadata }) => metadata?.namespace,
  "metadata.uid": ({ metadata }) => metadata?.uid,
  "spec.nodeName": ({ spec }) => spec?.nodeName,
  "spec.serviceAccountName": ({ spec }) => spec?.serviceAccountName,
  "status.podIP": () => "127.0.0.1",
};

const valueOf = ({ name, value, valueFrom }: V1EnvVar, pod: V1Pod): string => {
  const path = valueFrom?.fieldRef?.fieldPath;
  if (path === undefined) return value ?? "";
  const field = FIELDS[path]?.(pod);
  if (field === undefined) throw new Error(`${name} is ${path}, which this kubelet cannot tell`);
  return field;
};

const environmentOf = ({ env = [] }: V1Container, pod: V1Pod): Record<string, string> =>
  Object.fromEntries(env.map((variable) => [variable.name, valueOf(variable, pod)]));

/** A token of the pod's service account that ends with the pod, as a kubelet asks for it. */
const tokenOf = async (plane: ControlPlane, { metadata, spec }: V1Pod): Promise<string> => {
  const { namespace = "", name = "", uid = "" } = metadata ?? {};
  const account = PATHS.serviceAccounts(namespace, spec?.serviceAccountName ?? "default");
  const asNode = plane.admin.as(`system:node:${spec?.nodeName ?? ""}`, "system:nodes");
  const request = await asNode.create<{
    apiVersion: string;
    kind: string;
    spec: object;
    status?: { token: string };
  }>(`${account}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: 3600, boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid } },
  });
  return request.status?.token ?? "";
};

/** @param command What the image begins with; the container's own command and arguments come behind it */
export const processOf =
  (plane: ControlPlane, command: readonly string[]): Program =>
  async ({ pod, container, print, stop, kill }) => {
    const home = await mkdtemp(join(tmpdir(), "tare-container-"));
    try {
      const environment = environmentOf(container, pod);
      if (pod.spec?.automountServiceAccountToken !== false) {
        environment["KUBECONFIG"] = join(home, "kubeconfig");
        await writeFile(environment["KUBECONFIG"], plane.kubeconfig(await tokenOf(plane, pod)), {
          mode: 0o600,
        });
      }
      const [program = "", ...before] = command;
      const args = [...before, ...(container.command ?? []).slice(1), ...(container.args ?? [])];
      const child = spawn("setpriv", ["--pdeathsig", "KILL", program, ...args], {
        env: { PATH: process.env["PATH"], HOME: home, ...environment },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const ended = once(child, "exit") as Promise<[number | null]>;
      for (const stream of [child.stdout, child.stderr])
        createInterface({ input: stream }).on("line", (line) => print(line));
      stop.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
      kill.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
      if (stop.aborted) child.kill("SIGKILL");
      const [exitCode] = await ended;
      return exitCode ?? 137;
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  };
