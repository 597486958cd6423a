/**
 * A Kubernetes control plane on loopback: etcd, API server, scheduler and controller manager, each a process of its own that can be taken
 * away and brought back. Ports, folder and keys are this one's own; `stop` ends and removes all of it, and so does the kernel when the tests
 * are killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubernetesObject } from "@kubernetes/client-node";
import { eventually, Hopeless } from "./eventually.ts";
import { PATHS } from "./paths.ts";
import { Rest } from "./rest.ts";

export const PARTS = ["etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager"] as const;
export type Part = (typeof PARTS)[number];

/** Who has a token of its own. All others are impersonated by the administrator. */
const USERS = {
  administrator: { user: "administrator", group: "system:masters" },
  "kube-scheduler": { user: "system:kube-scheduler", group: "system:authenticated" },
  "kube-controller-manager": { user: "system:kube-controller-manager", group: "system:authenticated" },
} as const;
type User = keyof typeof USERS;
const USER_NAMES = Object.keys(USERS) as User[];

/** As GKE has it: pods of these classes only where a ResourceQuota lets them in. */
const ADMISSION = {
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AdmissionConfiguration",
  plugins: [
    {
      name: "ResourceQuota",
      configuration: {
        apiVersion: "apiserver.config.k8s.io/v1",
        kind: "ResourceQuotaConfiguration",
        limitedResources: [
          {
            resource: "pods",
            matchScopes: [
              {
                scopeName: "PriorityClass",
                operator: "In",
                values: ["system-node-critical", "system-cluster-critical"],
              },
            ],
          },
        ],
      },
    },
  ],
};

const LOOPBACK = "127.0.0.1";

const token = (): string => randomBytes(24).toString("hex");

export const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  return await Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      server.close();
      await once(server, "close");
      if (address === null || typeof address === "string") throw new Error("no port was given");
      return address.port;
    }),
  );
};

interface Ports {
  readonly client: number;
  readonly peer: number;
  readonly api: number;
}

const flagsOf = (part: Part, folder: string, { client, peer, api }: Ports): readonly string[] => {
  const at = (name: string): string => join(folder, name);
  switch (part) {
    case "etcd":
      return [
        "--name=tare",
        `--data-dir=${at("etcd")}`,
        `--listen-client-urls=http://127.0.0.1:${client}`,
        `--advertise-client-urls=http://127.0.0.1:${client}`,
        `--listen-peer-urls=http://127.0.0.1:${peer}`,
        `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
        `--initial-cluster=tare=http://127.0.0.1:${peer}`,
        // Nothing here outlives the tests.
        "--unsafe-no-fsync",
        "--log-level=warn",
      ];
    case "kube-apiserver":
      return [
        `--etcd-servers=http://127.0.0.1:${client}`,
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        `--secure-port=${api}`,
        // It makes a certificate for itself there.
        `--cert-dir=${folder}`,
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://kubernetes.default.svc",
        `--service-account-signing-key-file=${at("accounts.key")}`,
        `--service-account-key-file=${at("accounts.pub")}`,
        `--token-auth-file=${at("tokens.csv")}`,
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
        `--admission-control-config-file=${at("admission.json")}`,
        // Node pods are privileged.
        "--allow-privileged=true",
        "--profiling=false",
      ];
    case "kube-scheduler":
      return [`--kubeconfig=${at("kube-scheduler.kubeconfig")}`, "--leader-elect=false", "--secure-port=0"];
    case "kube-controller-manager":
      return [
        `--kubeconfig=${at("kube-controller-manager.kubeconfig")}`,
        "--leader-elect=false",
        "--secure-port=0",
        "--use-service-account-credentials=true",
        `--service-account-private-key-file=${at("accounts.key")}`,
        `--root-ca-file=${at("apiserver.crt")}`,
      ];
  }
};

export class ControlPlane {
  readonly folder: string;
  readonly #program: string;
  readonly #ports: Ports;
  readonly #tokens: Readonly<Record<User, string>>;
  readonly #nodeTokens: ReadonlyMap<string, string>;
  readonly #running = new Map<Part, ChildProcess>();
  #admin: Rest | undefined;
  #ca = "";

  private constructor(
    program: string,
    folder: string,
    ports: Ports,
    tokens: Readonly<Record<User, string>>,
    nodes: readonly string[],
  ) {
    this.#program = program;
    this.folder = folder;
    this.#ports = ports;
    this.#tokens = tokens;
    this.#nodeTokens = new Map(nodes.map((node) => [node, token()]));
  }

  /**
   * @param program What `scripts/k8s/build.ts` made
   * @param nodes Those that come with a kubelet of their own, and its kubeconfig from here
   */
  static async start(program: string, nodes: readonly string[] = []): Promise<ControlPlane> {
    const folder = await mkdtemp(join(tmpdir(), "tare-control-plane-"));
    const [client = 0, peer = 0, api = 0] = await freePorts(3);
    const tokens = Object.fromEntries(USER_NAMES.map((name) => [name, token()])) as Record<User, string>;
    const plane = new ControlPlane(program, folder, { client, peer, api }, tokens, nodes);
    try {
      await plane.#writeFiles();
      await plane.startPart("etcd");
      await plane.startPart("kube-apiserver");
      await plane.startPart("kube-scheduler");
      await plane.startPart("kube-controller-manager");
      // Pods are refused before it is there, and only the controller manager makes it.
      await eventually("the default service account", async () =>
        plane.admin.get(PATHS.serviceAccounts("default", "default")),
      );
      return plane;
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  /** The administrator's requests. */
  get admin(): Rest {
    this.#admin ??= new Rest({
      port: this.#ports.api,
      ca: this.#ca,
      token: this.#tokens.administrator,
    });
    return this.#admin;
  }

  /** The API server's own certificate and its key: the fake kubelets take them, too. */
  async certificate(): Promise<{ readonly cert: string; readonly key: string }> {
    return {
      cert: await readFile(join(this.folder, "apiserver.crt"), "utf8"),
      key: await readFile(join(this.folder, "apiserver.key"), "utf8"),
    };
  }

  /** Of a kubelet that reaches this machine's loopback under another address. */
  kubeconfigOfNode(node: string, address: string): string {
    const own = this.#nodeTokens.get(node);
    if (own === undefined) throw new Error(`the control plane was started without the node ${node}`);
    return this.kubeconfig(own, address);
  }

  /** What a client is configured with, as the text of a file: JSON is YAML, too. */
  kubeconfig(token: string = this.#tokens.administrator, address = LOOPBACK): string {
    const name = "tare-test";
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": name,
      clusters: [
        {
          name,
          cluster: {
            server: `https://${address}:${this.#ports.api}`,
            // Its certificate knows of no other address.
            ...(address === LOOPBACK ? {} : { "tls-server-name": "kubernetes.default.svc" }),
            "certificate-authority-data": Buffer.from(this.#ca).toString("base64"),
          },
        },
      ],
      users: [{ name, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    });
  }

  /** Of a service account, as `kubectl create token` asks for it. */
  async tokenOf(namespace: string, account: string, request: object = {}): Promise<string> {
    const made = await this.admin.create<
      KubernetesObject & { readonly spec: object; readonly status?: { readonly token?: string } }
    >(`${PATHS.serviceAccounts(namespace, account)}/token`, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: 3600, ...request },
    });
    return made.status?.token ?? "";
  }

  async startPart(part: Part): Promise<void> {
    const log = openSync(join(this.folder, `${part}.log`), "a");
    const child = spawn(
      // However the tests end, nothing of this stays.
      "setpriv",
      ["--pdeathsig", "KILL", this.#program, part, ...flagsOf(part, this.folder, this.#ports)],
      { cwd: this.folder, stdio: ["ignore", log, log] },
    );
    closeSync(log);
    this.#running.set(part, child);
    await eventually(`${part} to answer`, async () => {
      if (child.exitCode !== null || child.signalCode !== null) throw await this.#ended(part);
      await this.#answers(part);
    });
  }

  /** Without a farewell, as when its machine fails. */
  async killPart(part: Part): Promise<void> {
    const child = this.#running.get(part);
    this.#running.delete(part);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** It keeps its connections, and says nothing any more. */
  halt(part: Part): void {
    this.#running.get(part)?.kill("SIGSTOP");
  }

  resume(part: Part): void {
    this.#running.get(part)?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    for (const part of PARTS.toReversed()) await this.killPart(part);
    await rm(this.folder, { recursive: true, force: true });
  }

  async #answers(part: Part): Promise<void> {
    switch (part) {
      case "etcd":
        if (!(await fetch(`http://127.0.0.1:${this.#ports.client}/health`)).ok)
          throw new Error("not healthy");
        return;
      case "kube-apiserver":
        await this.#readCertificate();
        await this.admin.text("/readyz");
        for (const name of USER_NAMES)
          await writeFile(join(this.folder, `${name}.kubeconfig`), this.kubeconfig(this.#tokens[name]));
        return;
      // They listen nowhere; what they do is seen.
      case "kube-scheduler":
      case "kube-controller-manager":
    }
  }

  /** Its last words. */
  async #ended(part: Part): Promise<Error> {
    const log = await readFile(join(this.folder, `${part}.log`), "utf8");
    return new Hopeless(`${part} ended: ${log.trim().split("\n").slice(-5).join("\n")}`);
  }

  async #readCertificate(): Promise<void> {
    this.#ca = (await this.certificate()).cert;
  }

  async #writeFiles(): Promise<void> {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const files = {
      "accounts.key": privateKey.export({ type: "pkcs8", format: "pem" }),
      "accounts.pub": publicKey.export({ type: "spki", format: "pem" }),
      "admission.json": JSON.stringify(ADMISSION),
      "tokens.csv": [
        ...USER_NAMES.map((name) => [this.#tokens[name], USERS[name].user, USERS[name].group]),
        ...[...this.#nodeTokens].map(([node, own]) => [own, `system:node:${node}`, "system:nodes"]),
      ]
        .map(([own, user, group]) => `${own},${user},${user},${group}\n`)
        .join(""),
    };
    for (const [name, text] of Object.entries(files))
      await writeFile(join(this.folder, name), text, { mode: 0o600 });
  }
}
