/**
 * Installs Debian packages without letting them start a service: a security daemon that comes up by itself would change the node, and
 * every figure taken on it. Debian's own switch for that is a policy-rc.d that answers 101 ("not allowed").
 */
import { TareError } from "../domain/errors.ts";
import type { Effect } from "../domain/effect.ts";
import type { Host } from "../domain/host.ts";
import { installHint, packageManager } from "../domain/packages.ts";

const POLICY = "/usr/sbin/policy-rc.d";
const APT_TIMEOUT_MS = 600_000;

const FORBID_STARTS: Effect = {
  kind: "command",
  title: `${POLICY} that forbids package scripts to start services`,
  do: ["sh", "-c", `set -C; printf '#!/bin/sh\\nexit 101\\n' >"$1" && chmod 755 "$1"`, "sh", POLICY],
  undo: [["rm", "-f", POLICY]],
};

/** Only of Debian's packages is it known how to keep them from starting what they bring. */
export const refuseOtherSystems = async (host: Host, packages: readonly string[]): Promise<void> => {
  if (packages.length === 0 || (await packageManager(host)) === "apt-get") return;
  throw new TareError(
    "host-unfit",
    `tare installs packages by apt-get, which this system does not have: ${packages.join(", ")}`,
    `as root: ${await installHint(host, ...packages)}; what they start is not tare's to stop`,
  );
};

/** Installs what is missing; returns what it installed. Throws a host-unfit error with apt's last words when it cannot. */
export const installPackages = async (
  host: Host,
  packages: readonly string[],
): Promise<readonly string[]> => {
  const absent: string[] = [];
  for (const name of packages) {
    const state = await host.run("dpkg-query", ["-W", "-f", "${db:Status-Status}", name]);
    if (state.stdout !== "installed") absent.push(name);
  }
  if (absent.length === 0) return [];
  await refuseOtherSystems(host, absent);
  const byHand = `as root: ${await installHint(host, ...absent)}`;
  if (host.uid !== 0) throw new TareError("host-unfit", `installing ${absent.join(", ")} needs root`, byHand);
  const effects = host.effects.scope("install packages");
  const before = await installedPackages(host);
  try {
    if ((await host.fileSize(POLICY)).kind === "missing") await effects.perform(FORBID_STARTS);
    const apt = async (...args: string[]): Promise<string> => {
      const done = await host.run("apt-get", args, {
        timeoutMs: APT_TIMEOUT_MS,
        env: { DEBIAN_FRONTEND: "noninteractive" },
      });
      return done.exitCode === 0 ? "" : (done.stderr + done.stdout).trim().split("\n").slice(-5).join("\n");
    };
    const installing = ["install", "-y", "-qq", "--no-install-recommends", ...absent];
    if ((await apt(...installing)) !== "") {
      await apt("update", "-qq"); // The lists may be old or never fetched; a second refusal is the answer.
      const refused = await apt(...installing);
      if (refused !== "")
        throw new TareError("host-unfit", `apt-get install ${absent.join(" ")} failed:\n${refused}`, byHand);
    }
    const after = await installedPackages(host);
    await disable(
      host,
      after.filter((name) => !before.includes(name)),
    );
  } finally {
    await effects.undo();
  }
  return absent;
};

/** Names of all packages that are installed now. */
const installedPackages = async (host: Host): Promise<readonly string[]> => {
  const { stdout } = await host.run("dpkg-query", ["-W", "-f", "${db:Status-Status} ${Package}\n"]);
  return stdout.split("\n").flatMap((line) => /^installed (.+)$/.exec(line)?.[1] ?? []);
};

/**
 * Package scripts enable their services for the next boot even when they may not start them now: as units, and as links to init scripts.
 * What came along as a dependency does so too.
 */
const disable = async (host: Host, packages: readonly string[]): Promise<void> => {
  const has = async (name: string): Promise<boolean> => (await host.which(name)) !== undefined;
  const [units, scripts] = [await has("systemctl"), await has("update-rc.d")];
  for (const name of packages) {
    for (const file of (await host.run("dpkg", ["-L", name])).stdout.split("\n")) {
      const unit = /\/systemd\/system\/([^/@]+\.(?:service|socket|timer|path))$/.exec(file)?.[1];
      if (units && unit !== undefined) await host.run("systemctl", ["disable", unit]);
      const script = /^\/etc\/init\.d\/([^/]+)$/.exec(file)?.[1];
      if (scripts && script !== undefined) await host.run("update-rc.d", [script, "disable"]);
    }
  }
};
