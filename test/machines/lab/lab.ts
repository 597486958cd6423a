/** Commands in the lab, where Vagrant, libvirt and QEMU 10 are; see scripts/machines/lab.sh. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../../..");

/** Why no guest of these architectures can be made here, or, without any, why there is no lab; undefined when it can. Set by scripts/machines/test-vagrant.sh. */
export const obstacle = (...architectures: readonly ("amd64" | "arm64")[]): string | undefined => {
  const { env } = process;
  if (env["TARE_TEST_VAGRANT"] === undefined)
    return "real virtual machines take minutes: npm run test:vagrant";
  const names = ["TARE_TEST_OBSTACLE", ...architectures.map((architecture) => OBSTACLES[architecture])];
  return names.map((name) => env[name] ?? "").find((reason) => reason !== "");
};

const OBSTACLES = { amd64: "TARE_TEST_OBSTACLE_AMD64", arm64: "TARE_TEST_OBSTACLE_ARM64" } as const;

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LabOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with all of standard error so far; may signal the command by `interrupt`. */
  onStderr?(soFar: string, interrupt: () => void): void;
}

/**
 * Runs a shell script in the lab. Each call has a separate lab: what a script leaves is gone with it, so a script that wants
 * to know what is left looks itself.
 */
export const inLab = (script: string, options: LabOptions = {}): Promise<Ended> =>
  new Promise((settle, reject) => {
    const child = spawn("sh", ["scripts/machines/lab.sh", "run", "bash", "-c", script], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: "1", TARE_JOURNAL: "/root/tare/journal", ...options.env },
      detached: true,
    });
    const stdout: string[] = [];
    const stderr: string[] = [];
    // To the whole group, as a terminal does.
    const interrupt = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
    };
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => {
      stderr.push(chunk.toString());
      process.stderr.write(chunk);
      options.onStderr?.(stderr.join(""), interrupt);
    });
    child.once("error", reject);
    child.once("close", (status) => {
      settle({ status, stdout: stdout.join(""), stderr: stderr.join("") });
    });
  });

/** `tare vms ARGS` in the lab, after `before`. `domains`: what libvirt has after it; `left`: what it has after `tare vms destroy`, too. */
export const vms = async (
  args: string,
  { before = ":", ...options }: LabOptions & { readonly before?: string } = {},
): Promise<Ended & { readonly domains: string; readonly left: string }> => {
  const tare = "node_modules/.bin/node src/cli/main.ts vms";
  const list = "virsh -q -c qemu:///system list --all --name | xargs echo";
  const ended = await inLab(
    `${before}\n${tare} ${args}; code=$?; printf '\\0'; ${list}; ${tare} destroy; printf '\\0'; ${list}; exit $code`,
    options,
  );
  const [stdout = "", domains = "", left = ""] = ended.stdout.split("\0");
  return { ...ended, stdout, domains: domains.trim(), left: left.trim() };
};
