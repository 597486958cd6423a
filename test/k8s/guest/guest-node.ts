/**
 * A real node: kubelet, containerd and systemd in an emulated guest, of a control plane on this machine. Each reaches the other by a port of this
 * machine's loopback, so the kubelet leaves its addresses to a cloud's controller, as managed clusters have it, and this is that controller.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { V1Node } from "@kubernetes/client-node";
import { execa } from "execa";
import type { Image } from "../../../src/machines/images/image.ts";
import { runInGuest } from "../../../src/machines/jobs/run-in-guest.ts";
import { type ControlPlane, freePorts } from "../real/control-plane.ts";
import { eventually, Hopeless } from "../real/eventually.ts";
import { PATHS } from "../real/paths.ts";

/** What `scripts/k8s/guest/make.ts` made. */
interface Made {
  readonly image: Image;
  readonly payload: string;
}

const told = process.env["TARE_TEST_K8S_GUEST"];
export const MADE = told === undefined ? undefined : (JSON.parse(told) as Made);

export const TARE_IMAGE = "localhost/tare:test";
/** By which a bench finds it. */
export const REAL = { "tare.test/kubelet": "real" };

/** Where QEMU lets a guest reach this machine. */
const THIS_MACHINE = "10.0.2.2";
const SSH_PORT = 22;
const MAX_SECONDS = 3 * 3600;
/** Images are imported meanwhile, by a CPU that is emulated beside others' work. */
export const START_SECONDS = 1500;

interface Sighting {
  /** Since the guest's boot. */
  readonly seconds: number;
  readonly processes: number;
  readonly programs: number;
}

/** As `start.sh` writes it. */
const SIGHTING = /^([\d.]+) (\d+) processes of the sensor, (\d+) tracing programs$/;

const isReady = ({ status }: V1Node): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;

export class GuestNode {
  readonly name: string;
  readonly #plane: ControlPlane;
  readonly #folder: string;
  readonly #ssh: readonly string[];
  readonly #end = new AbortController();
  #ended: string | undefined;
  #guest: Promise<void> = Promise.resolve();

  private constructor(plane: ControlPlane, name: string, folder: string, port: number) {
    this.#plane = plane;
    this.name = name;
    this.#folder = folder;
    const options = {
      StrictHostKeyChecking: "no",
      UserKnownHostsFile: "/dev/null",
      LogLevel: "ERROR",
      ConnectTimeout: "60",
      // One connection for all commands: making one takes seconds there.
      ControlMaster: "auto",
      ControlPath: join(folder, "ssh.socket"),
      ControlPersist: "yes",
    };
    this.#ssh = [
      ...Object.entries(options).map(([key, value]) => `-o${key}=${value}`),
      `-i${join(folder, "ssh")}`,
      `-p${port}`,
      "root@127.0.0.1",
    ];
  }

  /** Ready. @param say What the guest says while it starts */
  static async start(
    plane: ControlPlane,
    name: string,
    { image, payload }: Made,
    say: (text: string) => void,
  ): Promise<GuestNode> {
    const folder = await mkdtemp(join(tmpdir(), "tare-guest-node-"));
    const [ssh = 0, kubelet = 0] = await freePorts(2);
    const node = new GuestNode(plane, name, folder, ssh);
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, plane.kubeconfigOfNode(name, THIS_MACHINE));
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "ssh")]);
    node.#guest = runInGuest(
      image,
      {
        script: `exec sh /payload/start.sh ${name} ${kubelet}\n`,
        withClone: false,
        payload,
        copy: [kubeconfig, join(folder, "ssh.pub")],
        ports: [
          { here: ssh, there: SSH_PORT },
          { here: kubelet, there: kubelet },
        ],
        memoryMegabytes: 3072,
        timeoutMs: MAX_SECONDS * 1000,
        onOutput: say,
      },
      { info: (text) => say(`${text}\n`), signal: node.#end.signal },
      ({ exitCode }) => Promise.reject(new Error(`its job ended with exit code ${exitCode}`)),
    ).catch((error: unknown) => {
      node.#ended = error instanceof Error ? error.message : String(error);
    });
    try {
      await node.#initialised();
      await node.ready();
      return node;
    } catch (error) {
      await node.stop();
      throw error;
    }
  }

  ready(): Promise<V1Node> {
    return eventually(
      `${this.name} Ready`,
      async () => {
        const node = await this.#object();
        if (!isReady(node)) throw new Error(JSON.stringify(node.status?.conditions));
        return node;
      },
      START_SECONDS,
    );
  }

  /** What a shell there prints. */
  async run(script: string): Promise<string> {
    return await eventually("an answer by ssh", async () => {
      const said = await execa("ssh", [...this.#ssh, script], { reject: false, stdin: "ignore" });
      // Its own: the connection failed.
      if (said.exitCode === 255) throw new Error(said.stderr);
      if (said.exitCode !== 0)
        throw new Hopeless(`${script}: exit status ${said.exitCode}: ${said.stderr}${said.stdout}`);
      return said.stdout;
    });
  }

  /** Each change of what is loaded and runs there. */
  async sightings(): Promise<readonly Sighting[]> {
    return (await this.run("cat /run/sightings")).split("\n").map((line) => {
      const [, seconds, processes, programs] = SIGHTING.exec(line) ?? [];
      if (programs === undefined) throw new Hopeless(`no sighting: ${line}`);
      return { seconds: Number(seconds), processes: Number(processes), programs: Number(programs) };
    });
  }

  /** Switched off. */
  async stop(): Promise<void> {
    await execa("ssh", ["-Oexit", ...this.#ssh], { reject: false, stdin: "ignore" });
    this.#end.abort(new Error("switched off"));
    await this.#guest;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #object(): Promise<V1Node> {
    if (this.#ended !== undefined) throw new Hopeless(this.#ended);
    return await this.#plane.admin.get<V1Node>(PATHS.nodes(this.name));
  }

  /** What a cloud's controller does with a new node. */
  async #initialised(): Promise<void> {
    const { admin } = this.#plane;
    const found = await eventually(`${this.name} registered`, () => this.#object(), START_SECONDS);
    await admin.patch(`${PATHS.nodes(this.name)}/status`, {
      status: {
        // No name: the API server would rather dial that.
        addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
      },
    });
    await admin.patch(PATHS.nodes(this.name), {
      metadata: { labels: { ...REAL, "node.kubernetes.io/instance-type": "emulated" } },
      spec: {
        taints: (found.spec?.taints ?? []).filter(({ key }) => !key.startsWith("node.cloudprovider")),
      },
    });
  }
}
