/**
 * Set-up on systems that are no Debian: their own package managers, as stand-ins that write down how they are called, and what they say
 * they are. That the names are right shows only on such a system.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { installHint, packageManager, type PackageManager } from "../../src/domain/packages.ts";
import { FakeHost } from "../support/fake-host.ts";
import { OS_RELEASES, type System } from "../support/os-releases.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const TABLE = readFileSync(join(ROOT, "scripts/packages.txt"), "utf8");
const isRoot = process.getuid?.() === 0;
let count = 0;

/** What a minimal system has, without this machine's own package manager and Node. */
const TOOLS = join(folder, "tools");
mkdirSync(TOOLS);
for (const name of [
  "cat",
  "cmp",
  "dirname",
  "getconf",
  "grep",
  "id",
  "ls",
  "mkdir",
  "sed",
  "sh",
  "tail",
  "touch",
  "tr",
])
  symlinkSync(`/usr/bin/${name}`, join(TOOLS, name));

interface Stand {
  readonly system: System;
  /** Bodies of programs by their names. */
  readonly programs: Readonly<Record<string, string>>;
}

interface Ended {
  readonly said: string;
  readonly printed: string;
  readonly status: number | null;
  /** How the stand-ins were called. */
  readonly calls: readonly string[];
}

/** A clone with the scripts alone, on a system that has these programs before this machine's own. */
const setUp = ({ system, programs }: Stand, ...args: readonly string[]): Ended => {
  const place = join(folder, String(++count));
  const log = join(place, "calls");
  mkdirSync(join(place, "bin"), { recursive: true });
  mkdirSync(join(place, "scripts"));
  for (const name of ["setup.sh", "packages.sh", "packages.txt"])
    cpSync(join(ROOT, "scripts", name), join(place, "scripts", name));
  writeFileSync(join(place, "os-release"), OS_RELEASES[system]);
  writeFileSync(log, "");
  for (const [name, body] of Object.entries(programs))
    writeFileSync(join(place, "bin", name), `#!/bin/sh\necho "${name} $*" >>${log}\n${body}\n`, {
      mode: 0o755,
    });
  const ended = spawnSync("sh", [join(place, "scripts/setup.sh"), ...args], {
    encoding: "utf8",
    env: { PATH: `${join(place, "bin")}:${TOOLS}`, TARE_OS_RELEASE: join(place, "os-release") },
  });
  return {
    said: ended.stderr,
    printed: ended.stdout,
    status: ended.status,
    calls: readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => line !== ""),
  };
};

/** Nothing is installed before the manager has worked. */
const queries = (installed: string): Readonly<Record<string, string>> => ({
  rpm: `[ -e ${installed} ]`,
});

describe.skipIf(!isRoot)("as root, packages come by the system's own manager", () => {
  test.each<[System, string, string, string]>([
    ["rocky9", "dnf", "dnf install -y clang glibc-devel glibc-static libelf", "dnf"],
    ["amazon2023", "dnf", "dnf install -y clang glibc-devel glibc-static libelf", "dnf"],
    ["amazon2", "yum", "yum install -y clang glibc-devel glibc-static libelf", "yum"],
    [
      "leap",
      "zypper",
      "zypper --non-interactive install --no-recommends clang glibc-devel glibc-devel-static libelf",
      "zypper",
    ],
    ["alpine", "apk", "apk add clang musl-dev elfutils", "apk"],
    ["arch", "pacman", "pacman -S --needed --noconfirm clang glibc libelf", "pacman"],
  ])("%s: %s", (system, manager, call, name) => {
    const installed = join(folder, `installed-${count}`);
    const asked = `[ -e ${installed} ]`;
    const { said, printed, status, calls } = setUp(
      {
        system,
        programs: {
          ...queries(installed),
          [manager]: `case $* in *install*|"add "*|-S*) touch ${installed} ;; *) ${asked} ;; esac`,
        },
      },
      "packages",
      "clang",
      "libc6-dev",
      "libelf-dev",
    );
    const [first = "", ...others] = calls.filter((one) => /install|add|-S/.test(one));
    expect(first).toContain(call.split(" libelf")[0]);
    expect(others).toEqual([]);
    expect(said).toContain(`setup: installing packages by ${name}: clang`);
    // What was missing before is there after it.
    expect([printed, status]).toEqual(["", 0]);
  });

  test("one that is not to be had is told of, and keeps no other away", () => {
    const made = join(folder, "make-is-there");
    const { said, printed, status, calls } = setUp(
      {
        system: "rhel8",
        programs: {
          rpm: `case $* in *make) [ -e ${made} ] ;; *) exit 1 ;; esac`,
          dnf: `case $* in *libbpf*) echo 'Error: Unable to find a match: libbpf-devel'; exit 1 ;; *) touch ${made} ;; esac`,
        },
      },
      "packages",
      "libbpf-dev",
      "make",
    );
    expect(calls.filter((call) => call.startsWith("dnf"))).toEqual([
      "dnf install -y libbpf-devel make",
      "dnf install -y libbpf-devel",
      "dnf install -y make",
    ]);
    expect(said).toContain("Unable to find a match: libbpf-devel");
    expect(said).toContain("by hand, as root: dnf install libbpf-devel\n");
    expect(said).toMatch(/config-manager --set-enabled crb/);
    expect([printed, status]).toEqual(["libbpf-devel ", 0]);
  });

  test("package lists are fetched where the first try fails", () => {
    const first = join(folder, "fetched");
    const { calls } = setUp(
      {
        system: "alpine",
        programs: {
          apk: `case $1 in info) exit 1 ;; update) touch ${first} ;; add) [ -e ${first} ] ;; esac`,
        },
      },
      "packages",
      "make",
    );
    expect(calls).toEqual([
      "apk info -e make",
      "apk add make",
      "apk update",
      "apk add make",
      "apk info -e make",
    ]);
  });
});

test("packages that tare knows by Debian's name alone are named as such, and not asked of another's manager", () => {
  const { said, calls } = setUp(
    { system: "fedora", programs: { rpm: "exit 0", dnf: "exit 1" } },
    "packages",
    "mmdebstrap",
    "make",
  );
  expect(said).toContain("of which tare knows Debian's names alone: mmdebstrap");
  expect(calls).toEqual(["rpm -q --whatprovides make", "rpm -q --whatprovides make"]);
});

describe("where nothing can be installed, what is missing is said all the same", () => {
  test.each<System>(["bottlerocket", "cos", "talos"])("%s has no package manager", async (system) => {
    const host = new FakeHost({ files: { "/etc/os-release": OS_RELEASES[system] } });
    expect(await installHint(host, "bpftool")).toBe("install bpftool (Debian's name)");
    const { said, status } = setUp({ system, programs: {} }, "packages", "clang", "bpftool");
    expect(said).toBe(
      "setup: no package manager that tare knows is here: make sure that these are installed (Debian's names): clang bpftool\n",
    );
    expect(status).toBe(0);
  });

  test("Node is not fetched for a C library that it cannot run with", () => {
    const lookAt = (getconf: string): Ended =>
      setUp({ system: "amazon2", programs: { getconf, yum: "exit 1", npm: "exit 1" } }, "node");
    const old = lookAt("echo glibc 2.26");
    expect(old.said).toContain(
      "this system's C library is glibc 2.26, and the pinned Node needs glibc 2.28 or newer",
    );
    expect(old.said).toContain("docs/nodes.md");
    expect(old.status).toBe(3);
    expect(lookAt("echo glibc 2.28").said).not.toContain("C library");
  });

  test("without npm, how this system installs it", () => {
    const { said, status } = setUp({ system: "leap", programs: { zypper: "exit 1" } }, "node");
    expect(said).toContain("npm is missing");
    expect(said).toContain("zypper install --no-recommends nodejs22 npm22");
    expect(status).toBe(3);
  });
});

const HERE: readonly (readonly [System, PackageManager, string])[] = [
  ["debian", "apt-get", "apt-get install --no-install-recommends bpftool libelf-dev"],
  ["ubuntu", "apt-get", "apt-get install --no-install-recommends linux-tools-common libelf-dev"],
  ["rhel8", "dnf", "dnf install bpftool elfutils-libelf-devel"],
  ["rocky9", "dnf", "dnf install bpftool elfutils-libelf-devel"],
  ["fedora", "dnf", "dnf install bpftool elfutils-libelf-devel"],
  ["amazon2", "yum", "yum install bpftool elfutils-libelf-devel"],
  ["amazon2023", "dnf", "dnf install bpftool elfutils-libelf-devel"],
  ["leap", "zypper", "zypper install --no-recommends bpftool libelf-devel"],
  ["sles", "zypper", "zypper install --no-recommends bpftool libelf-devel"],
  ["alpine", "apk", "apk add bpftool elfutils-dev"],
  ["arch", "pacman", "pacman -S --needed bpf libelf"],
];

describe("a hint is the command of the system that it is read on", () => {
  test.each(HERE)("%s: %s", async (system, manager, command) => {
    const host = new FakeHost({
      programs: { [manager]: `/usr/bin/${manager}`, "apt-get": "/usr/bin/apt-get" },
      files: { "/etc/os-release": OS_RELEASES[system], "/tare/scripts/packages.txt": TABLE },
    });
    expect(await packageManager(host)).toBe(manager);
    expect(await installHint(host, "bpftool", "libelf-dev")).toBe(command);
    // The set-up, which runs before there is a Node, says the same.
    const none = { [manager]: "exit 1", rpm: "exit 1", "dpkg-query": "exit 1" };
    const nobody = { system, programs: { ...none, id: "echo 1000" } };
    expect(setUp(nobody, "packages", "bpftool", "libelf-dev").said).toContain(
      `install them as root: ${command}`,
    );
  });
});

test("every package that set-up asks for by name has one on every system, but for those of the tests", () => {
  const script = readFileSync(join(ROOT, "scripts/setup.sh"), "utf8");
  const names = ["build", "run"].flatMap(
    (what) => new RegExp(`^${what}_packages="([^"]+)"`, "m").exec(script)?.[1]?.split(" ") ?? [],
  );
  expect(names.length).toBeGreaterThan(10);
  const rows = TABLE.split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.trim().split(/\s+/));
  for (const row of rows) expect(row, `the row of ${row[0] ?? ""}`).toHaveLength(6);
  expect(names.filter((name) => !rows.some(([debian]) => debian === name))).toEqual([]);
});
