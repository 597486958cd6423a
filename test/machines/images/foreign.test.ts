/** User space of another architecture: unpacked packages, with the configuration that scripts left in a tree of this one. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { configure, type Listing, register, transferOf } from "../../../src/machines/images/foreign.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();

const facts = (type: string, mode = "644", uid = 0, gid = 0) => ({ type, mode, uid, gid });

test("what no package holds is copied; what scripts changed of a package gets its mode and owner; the architecture's own stays", () => {
  const configured: Listing = new Map([
    ["etc", facts("d", "755")],
    ["etc/passwd", facts("f")],
    ["etc/alternatives/awk", facts("l", "777")],
    ["etc/ld.so.cache", facts("f")],
    ["etc/hostname", facts("f")],
    ["usr/bin/ssh-agent", facts("f", "2755", 0, 101)],
    ["usr/bin/mawk", facts("f", "755")],
    ["usr/lib/x86_64-linux-gnu/libc.so.6", facts("f")],
    ["var/run", facts("l", "777")],
    ["var/lib/dpkg/status", facts("f")],
    ["var/lib/dpkg/info/mawk.list", facts("f")],
    ["var/lib/dpkg/alternatives/awk", facts("f")],
    ["dev/null", facts("c", "666")],
  ]);
  const packaged = new Set([
    "etc",
    "usr/bin/ssh-agent",
    "usr/bin/mawk",
    "usr/lib/x86_64-linux-gnu/libc.so.6",
    "var/run",
  ]);
  const unpacked: Listing = new Map([
    ["etc", facts("d", "755")],
    ["etc/hostname", facts("f")],
    ["usr/bin/ssh-agent", facts("f", "755")],
    ["usr/bin/mawk", facts("f", "755")],
    ["usr/lib/aarch64-linux-gnu/libc.so.6", facts("f")],
    ["var/run", facts("d", "755")],
  ]);
  expect(transferOf(configured, packaged, unpacked)).toEqual({
    copied: [
      "etc/passwd",
      "etc/alternatives/awk",
      "etc/hostname",
      "var/run",
      "var/lib/dpkg/alternatives/awk",
    ],
    changed: ["usr/bin/ssh-agent"],
  });
});

const write = (file: string, text: string, mode = 0o644): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
};

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)("a tree gets it, with owners and links", async () => {
  const [configured, tree] = [join(folder, "configured"), join(folder, "tree")];
  const info = join(configured, "var/lib/dpkg/info");
  write(join(info, "tool.list"), "/.\n/bin\n/bin/tool\n/var\n/var/run\n");
  write(join(info, "tool.md5sums"), "");
  write(join(configured, "var/lib/dpkg/status"), "");
  write(join(configured, "usr/bin/tool"), "of amd64", 0o755);
  chownSync(join(configured, "usr/bin/tool"), 0, 7);
  chmodSync(join(configured, "usr/bin/tool"), 0o2755);
  write(join(configured, "etc/a b"), "made by a script", 0o640);
  chownSync(join(configured, "etc/a b"), 1, 2);
  symlinkSync("/run", join(configured, "var/run"));
  write(join(tree, "usr/bin/tool"), "of arm64", 0o755);
  write(join(tree, "var/run/left"), "");
  await configure(tree, configured);
  expect(readFileSync(join(tree, "usr/bin/tool"), "utf8")).toBe("of arm64");
  expect(lstatSync(join(tree, "usr/bin/tool"))).toMatchObject({ mode: 0o102755, uid: 0, gid: 7 });
  expect(readFileSync(join(tree, "etc/a b"), "utf8")).toBe("made by a script");
  expect(lstatSync(join(tree, "etc/a b"))).toMatchObject({ mode: 0o100640, uid: 1, gid: 2 });
  expect(readlinkSync(join(tree, "var/run"))).toBe("/run");
  expect(existsSync(join(tree, "var/lib/dpkg/info"))).toBe(false);
});

const hasDpkg = spawnSync("dpkg-deb", ["--version"]).status === 0;

test.skipIf(!hasDpkg)("dpkg takes what was unpacked for installed, with every file", async () => {
  const [source, archives, tree] = [
    join(folder, "source"),
    join(folder, "archives"),
    join(folder, "registered"),
  ];
  mkdirSync(archives);
  // As in every tree that dpkg has begun.
  write(join(tree, "var/lib/dpkg/info/format"), "1\n");
  write(join(source, String.raw`lib/odd\x2dname`), "x");
  write(
    join(source, "DEBIAN/control"),
    "Package: libodd\nVersion: 1.2\nArchitecture: arm64\nMulti-Arch: same\nMaintainer: a <a@example.org>\nDescription: one\n two\n",
  );
  write(join(source, "DEBIAN/postrm"), "#!/bin/sh\n", 0o755);
  expect(spawnSync("dpkg-deb", ["--root-owner-group", "--build", source, archives]).status).toBe(0);
  await register(tree, archives, "arm64");
  const ask = (...args: readonly string[]): string =>
    spawnSync("dpkg-query", [`--admindir=${join(tree, "var/lib/dpkg")}`, ...args], { encoding: "utf8" })
      .stdout;
  expect(ask("-W", "-f", "${binary:Package} ${Version} ${db:Status-Status}")).toBe(
    "libodd:arm64 1.2 installed",
  );
  expect(ask("-L", "libodd:arm64")).toBe("/.\n/lib\n/lib/odd\\x2dname\n");
  expect(existsSync(join(tree, "var/lib/dpkg/info/libodd:arm64.postrm"))).toBe(true);
});
