/** Installing a sensor must not start it, now or at the next boot: what is asked of the node is checked in order, without a node. */
import { describe, expect, test } from "vitest";
import { installTogether } from "../../src/install/install.ts";
import { installPackages } from "../../src/install/packages.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { OS_RELEASES } from "../support/os-releases.ts";

/** As `dpkg -L` lists them for opensnitch and for a library that it needs. */
const FILES: Readonly<Record<string, string>> = {
  opensnitch: "/etc/init.d/opensnitch\n/lib/systemd/system/opensnitch.service\n/usr/bin/opensnitchd\n",
  "libnetfilter-queue1": "/usr/lib/x86_64-linux-gnu/libnetfilter_queue.so.1\n",
  auditd: "/lib/systemd/system/auditd.service\n",
};

interface Apt {
  readonly installed: readonly string[];
  readonly brings: readonly string[];
  /** How often `apt-get install` fails before it works. */
  readonly failures?: number;
}

const debian = ({ installed, brings, failures = 0 }: Apt, more: FakeHostOptions = {}): FakeHost => {
  const packages = [...installed];
  let left = failures;
  return new FakeHost({
    programs: {
      "apt-get": "/usr/bin/apt-get",
      systemctl: "/usr/bin/systemctl",
      "update-rc.d": "/usr/sbin/update-rc.d",
    },
    answer: (command, args) => {
      if (command === "dpkg-query") {
        const name = args[3];
        if (name !== undefined) return packages.includes(name) ? { stdout: "installed" } : { exitCode: 1 };
        return { stdout: [...packages.map((one) => `installed ${one}`), "config-files old"].join("\n") };
      }
      if (command === "dpkg") return { stdout: FILES[args[1] ?? ""] ?? "" };
      if (command === "apt-get" && args[0] === "install") {
        left -= 1;
        if (left >= 0) return { exitCode: 100, stderr: "E: Unable to fetch some archives" };
        packages.push(...brings);
      }
      return {};
    },
    ...more,
  });
};

const done = (host: FakeHost): readonly string[] =>
  host.done
    .filter((step) => !step.startsWith("run dpkg"))
    .map((step) => step.replace(/^(run|do|undo) /, "$1 "));

describe("Debian packages", () => {
  test("are installed while services are forbidden to start, and whatever came is disabled for the next boot", async () => {
    const host = debian({ installed: ["auditd"], brings: ["opensnitch", "libnetfilter-queue1"] });
    expect(await installPackages(host, ["opensnitch"])).toEqual(["opensnitch"]);
    expect(done(host)).toEqual([
      "do /usr/sbin/policy-rc.d that forbids package scripts to start services",
      "run apt-get install -y -qq --no-install-recommends opensnitch",
      "run update-rc.d opensnitch disable",
      "run systemctl disable opensnitch.service",
      "undo /usr/sbin/policy-rc.d that forbids package scripts to start services",
    ]);
  });

  test("of several agents come by one transaction; where apt refuses it, none is said to have come", async () => {
    const agents = [
      { id: "opensnitch", packages: ["opensnitch", "iptables"] },
      { id: "auditd@dropping", packages: ["auditd", "iptables"] },
    ];
    const host = debian({ installed: ["iptables"], brings: ["opensnitch", "auditd"] });
    expect(await installTogether(host, agents, {})).toEqual(["opensnitch", "auditd"]);
    expect(done(host).filter((step) => step.includes("apt-get"))).toEqual([
      "run apt-get install -y -qq --no-install-recommends opensnitch auditd",
    ]);
    const refusing = debian({ installed: [], brings: [], failures: 9 });
    expect(await installTogether(refusing, agents, {})).toEqual([]);
    const elsewhere = debian({ installed: [], brings: [] });
    expect(await installTogether(elsewhere, agents, { from: "/mnt/usb" })).toEqual([]);
    expect(done(elsewhere)).toEqual([]);
  });

  test("that are there are left as they are, enabled or not", async () => {
    const host = debian({ installed: ["auditd"], brings: [] });
    expect(await installPackages(host, ["auditd"])).toEqual([]);
    expect(done(host)).toEqual([]);
  });

  test("an owner's policy-rc.d is kept", async () => {
    const host = debian(
      { installed: [], brings: ["auditd"] },
      { files: { "/usr/sbin/policy-rc.d": "#!/bin/sh\nexit 0\n" } },
    );
    await installPackages(host, ["auditd"]);
    expect(done(host)).toEqual([
      "run apt-get install -y -qq --no-install-recommends auditd",
      "run systemctl disable auditd.service",
    ]);
  });

  test("lists that are too old are fetched once, and a second refusal is the answer, with the ban lifted", async () => {
    const once = debian({ installed: [], brings: ["auditd"], failures: 1 });
    await installPackages(once, ["auditd"]);
    expect(done(once)).toContain("run apt-get update -qq");
    const never = debian({ installed: [], brings: ["auditd"], failures: 9 });
    await expect(installPackages(never, ["auditd"])).rejects.toThrow(/auditd failed:\nE: Unable to fetch/);
    expect(done(never).at(-1)).toMatch(/^undo .*policy-rc\.d/);
  });

  test("need root, and say so", async () => {
    const user = debian({ installed: [], brings: [] }, { uid: 1000 });
    await expect(installPackages(user, ["auditd"])).rejects.toThrow(/needs root/);
  });

  test("are not sought on another system: what to type there is said, whoever asks", async () => {
    for (const uid of [0, 1000]) {
      const fedora = debian(
        { installed: [], brings: [] },
        {
          uid,
          programs: { dnf: "/usr/bin/dnf", "apt-get": "/usr/bin/apt-get" },
          files: {
            "/etc/os-release": OS_RELEASES.fedora,
            "/tare/scripts/packages.txt": "auditd = audit audit audit audit\n",
          },
        },
      );
      await expect(
        installTogether(fedora, [{ id: "laurel", packages: ["auditd", "laurel"] }], {}),
      ).rejects.toMatchObject({
        kind: "host-unfit",
        message: "tare installs packages by apt-get, which this system does not have: auditd, laurel",
        hint: expect.stringContaining(
          "as root: dnf install audit; install what Debian calls laurel",
        ) as string,
      });
      expect(done(fedora)).toEqual([]);
    }
  });
});
