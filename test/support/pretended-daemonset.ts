/**
 * A DaemonSet's pod on this node without a cluster: a real process tree in control groups that are named as a kubelet names them, whose output
 * goes to a log as a container runtime writes it. It is stopped and started by whoever plays the kubelet.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";

/** As containerd cuts lines; conmon does at half of it. */
const MAX_LINE = 16 * 1024;

export interface PretendedSpec {
  readonly namespace: string;
  readonly name: string;
  /** For logs, and for the sandbox's program. */
  readonly folder: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly driver: "cgroupfs" | "systemd";
  /** Logs are rotated when they are as long; absent: never. */
  readonly rotateBytes?: number;
}

/** In which a pod's processes are, of both versions where the node has both. */
const HIERARCHIES = readFileSync("/proc/self/mounts", "utf8")
  .split("\n")
  .map((line) => line.split(" "))
  .filter(
    ([, , type, options = ""]) =>
      type === "cgroup2" || (type === "cgroup" && /\b(?:cpuacct|pids)\b/.test(options)),
  )
  .flatMap(([, point]) => point ?? []);

/** Below one of its own, as where a node is a container. */
const TOP = "tare-test-kubelet";

const groupOf = (driver: PretendedSpec["driver"], uid: string): string =>
  driver === "cgroupfs"
    ? `/${TOP}/kubepods/burstable/pod${uid}`
    : `/${TOP}.slice/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll("-", "_")}.slice`;

const containerOf = (driver: PretendedSpec["driver"], id: string): string =>
  driver === "cgroupfs" ? id : `cri-containerd-${id}.scope`;

const ENTER = `while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit 9; shift; done; shift; exec "$@"`;

/** Below `top`, deepest first. */
const foldersBelow = (top: string): readonly string[] => {
  const below = readdirSync(top, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => foldersBelow(join(top, name)));
  return [...below, top];
};

interface Running {
  readonly uid: string;
  readonly group: string;
  readonly children: readonly ChildProcess[];
}

export class PretendedDaemonSet {
  readonly target: string;
  readonly logs: string;
  readonly #spec: PretendedSpec;
  readonly #pause: string;
  #running: Running | undefined;

  constructor(spec: PretendedSpec) {
    this.#spec = spec;
    this.target = `daemonset:${spec.namespace}/${spec.name}`;
    this.logs = join(spec.folder, "pods");
    mkdirSync(this.logs, { recursive: true });
    this.#pause = join(mkdtempSync(join(spec.folder, "sandbox-")), "pause");
    copyFileSync("/bin/sleep", this.#pause);
  }

  get isOn(): boolean {
    return this.#running !== undefined;
  }

  get uid(): string {
    return this.#running?.uid ?? "";
  }

  /** Below the mount point. */
  get group(): string {
    return this.#running?.group ?? "";
  }

  /** Of its one container. */
  get log(): string {
    const { namespace, name } = this.#spec;
    return join(this.logs, `${namespace}_${name}-${this.#suffix}_${this.uid}`, "agent/0.log");
  }

  #suffix = "";

  /** A new pod, as each is that a DaemonSet's controller makes. */
  start(): void {
    if (this.#running !== undefined) return;
    const { driver, command, env } = this.#spec;
    const uid = randomUUID();
    const group = groupOf(driver, uid);
    this.#suffix = randomUUID().slice(0, 5);
    const inContainer = (words: readonly string[]): ChildProcess => {
      const folders = HIERARCHIES.map(
        (point) => `${point}${group}/${containerOf(driver, randomUUID().replaceAll("-", ""))}`,
      );
      for (const folder of folders) mkdirSync(folder, { recursive: true });
      return spawn("sh", ["-c", ENTER, "sh", ...folders, "--", ...words], {
        stdio: ["ignore", "pipe", "ignore"],
        env: { ...process.env, ...env },
      });
    };
    const sandbox = inContainer([this.#pause, "infinity"]);
    this.#running = { uid, group, children: [sandbox] };
    mkdirSync(dirname(this.log), { recursive: true });
    writeFileSync(this.log, "");
    const agent = inContainer(command);
    this.#running = { uid, group, children: [sandbox, agent] };
    const write = this.#writer(this.log);
    agent.stdout?.on("data", write);
  }

  /** Every process of the pod is killed, and its log stays for a while. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const ended = running.children.map(
      (child) =>
        new Promise((resolve) =>
          child.exitCode === null && child.signalCode === null
            ? child.once("close", resolve)
            : resolve(undefined),
        ),
    );
    for (;;) {
      const pids = this.pids();
      if (pids.length === 0) break;
      for (const pid of pids)
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It has ended by itself.
        }
      await sleep(20);
    }
    await Promise.all(ended);
    this.#running = undefined;
    for (const point of HIERARCHIES) await removeGroups(`${point}/${running.group.split("/")[1] ?? ""}`);
  }

  /** All processes in its control groups. */
  pids(): readonly number[] {
    const { group } = this;
    if (group === "") return [];
    const found = HIERARCHIES.flatMap((point) => {
      const top = `${point}${group}`;
      return existsSync(top)
        ? foldersBelow(top).flatMap((folder) =>
            readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").map(Number),
          )
        : [];
    });
    return [...new Set(found.filter((pid) => pid > 0))];
  }

  remove(): void {
    rmSync(this.logs, { recursive: true, force: true });
  }

  /** Takes what a container prints, and writes it as the container runtime interface has it. */
  #writer(path: string): (piece: Buffer) => void {
    let begun = Buffer.alloc(0);
    return (piece) => {
      const head = `${new Date().toISOString()} stdout`;
      const entries: Buffer[] = [];
      const entry = (tag: "P" | "F", text: Buffer): void => {
        entries.push(Buffer.from(`${head} ${tag} `), text, Buffer.from("\n"));
      };
      begun = Buffer.concat([begun, piece]);
      let from = 0;
      for (let end = begun.indexOf("\n"); end >= 0; end = begun.indexOf("\n", from)) {
        let line = begun.subarray(from, end);
        for (; line.length > MAX_LINE; line = line.subarray(MAX_LINE)) entry("P", line.subarray(0, MAX_LINE));
        entry("F", line);
        from = end + 1;
      }
      begun = begun.subarray(from);
      this.#rotate(path);
      appendFileSync(path, Buffer.concat(entries));
    };
  }

  /** The kubelet renames it by the time, and compresses all but the newest of those. */
  #rotate(path: string): void {
    const { rotateBytes = Infinity } = this.#spec;
    if (!existsSync(path)) writeFileSync(path, "");
    if (statSync(path).size < rotateBytes) return;
    const folder = dirname(path);
    for (const name of readdirSync(folder).filter((one) => /^0\.log\.[\d-]+$/.test(one))) {
      const old = join(folder, name);
      writeFileSync(`${old}.gz`, gzipSync(readFileSync(old)));
      rmSync(old);
    }
    const stamp = new Date()
      .toISOString()
      .replaceAll(/[-:TZ]/g, "")
      .replace(".", "-");
    renameSync(path, `${path}.${stamp}`);
    writeFileSync(path, "");
  }
}

/** The kernel lets go of a control group a moment after its last process has ended. */
const removeGroups = async (top: string): Promise<void> => {
  for (let tries = 0; existsSync(top) && tries < 100; tries += 1) {
    for (const folder of foldersBelow(top))
      try {
        rmdirSync(folder);
      } catch {
        // Another pod's, or not empty yet.
      }
    if (existsSync(top)) await sleep(20);
  }
};
