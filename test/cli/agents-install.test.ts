/** `tare agents install` and `remove` as a user meets them. What they do to files is in test/install/vendor.test.ts. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { NOBODY, whyNotNobody } from "../support/nobody.ts";
import { AGENTS_FOLDER, tare } from "../support/tare-command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

/** A release of Tetragon's form that does nothing. */
const fakeRelease = (): { readonly path: string; readonly sha256: string } => {
  const top = join(folder, "release", "tetragon-v0");
  const installer = join(top, "install.sh");
  for (const [path, text] of [
    [join(top, "usr/local/bin/tetragon"), "#!/bin/sh\nexit 1\n"],
    [installer, `#!/bin/sh\ntouch ${folder}/the-vendors-installer-ran\n`],
  ] as const) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  }
  const path = join(folder, "tetragon-v1.7.1-amd64.tar.gz");
  execFileSync("tar", ["-C", join(folder, "release"), "-czf", path, "tetragon-v0"]);
  return { path, sha256: createHash("sha256").update(readFileSync(path)).digest("hex") };
};

/** An architecture that this machine is not of. */
const OTHER =
  process.arch === "arm64"
    ? { flag: "--arch=amd64", place: "for-x86_64" }
    : { flag: "--arch=arm64", place: "for-aarch64" };

describe("what cannot be installed is refused with exit code 2", () => {
  test.each([
    [["install", "tetragon", "falco", "--from", "/tmp"], /--from is about one file, and 2 agents are named/],
    [
      ["install", "--missing", "--sha256", "00"],
      /--sha256 is about one file, and --missing names every agent/,
    ],
    [["install", "auditd", "--from", "/tmp"], /auditd is not installed from a vendor's release/],
    [["install", "tetragon", "--sha256", "abc"], /--sha256 abc: not 64 hexadecimal digits/],
    [["install", "tetragon", "--from", "/no/such/file"], /--from \/no\/such\/file: no such file or folder/],
    [["install", "tetragon", "--arch", "arm"], /--arch arm: not known/],
    [["install", OTHER.flag, "auditd"], /no vendor's release is known of auditd/],
    [["remove", "tetragonn"], /did you mean "tetragon"/],
  ])("%j", (args, message) => {
    const ended = tare(["agents", ...args]);
    expect(ended.stderr).toMatch(message);
    expect(ended.status).toBe(2);
  });
});

describe("what is missing", () => {
  test.each([
    ["of agents that no Debian has, nothing is installed and nothing is wrong", ["tetragon", "falco"]],
    ["of tare's own, neither", ["sensor", "baseline"]],
  ])("%s", (_, names) => {
    expect(tare(["agents", "install", "--missing", ...names])).toMatchObject({ status: 0, stderr: "" });
  });

  test("of an agent that there is not, is a usage error", () => {
    const ended = tare(["agents", "install", "--missing", "auditdd"]);
    expect(ended).toMatchObject({ status: 2 });
    expect(ended.stderr).toMatch(/did you mean "auditd"/);
  });
});

describe("a vendor's release", () => {
  const UNPACKED = join(AGENTS_FOLDER, "tetragon");

  test("for another architecture lies apart, is no agent of this machine, and goes with the others", (ctx) => {
    ctx.skip(process.getuid?.() !== 0, "unpacking needs root");
    const { path, sha256 } = fakeRelease();
    const done = tare(["agents", "install", "tetragon", OTHER.flag, "--from", path, "--sha256", sha256]);
    expect(done.stderr).not.toContain("does not run here");
    expect(done.status).toBe(0);
    const apart = join(AGENTS_FOLDER, OTHER.place, "tetragon");
    expect(existsSync(apart)).toBe(true);
    expect(existsSync(UNPACKED)).toBe(false);
    const listed = JSON.parse(tare(["agents", "--json"]).stdout) as { id: string; reason: string | null }[];
    expect(listed.find(({ id }) => id === "tetragon@json")?.reason).toContain("not installed");
    expect(tare(["agents", "remove", "tetragon"]).stderr).toContain("tetragon: removed");
    expect(existsSync(apart)).toBe(false);
  });

  test("from a file is unpacked without its installer, shows in the list, and goes again", (ctx) => {
    ctx.skip(process.getuid?.() !== 0, "unpacking needs root");
    const { path, sha256 } = fakeRelease();
    try {
      const wrong = tare(["agents", "install", "tetragon", "--from", path]);
      expect(wrong.stderr).toMatch(new RegExp(`has the SHA-256 ${sha256}, and [0-9a-f]{64} was expected`));
      expect(wrong.status).toBe(3);
      expect(existsSync(UNPACKED)).toBe(false);

      const done = tare(["agents", "install", "tetragon", "--from", path, "--sha256", sha256]);
      expect(done.stderr).toContain("not started, not enabled");
      expect(done.status).toBe(0);
      expect(existsSync(join(folder, "the-vendors-installer-ran"))).toBe(false);
      const listed = JSON.parse(tare(["agents", "--json"]).stdout) as { id: string; reason: string | null }[];
      const reason = listed.find(({ id }) => id === "tetragon@json")?.reason ?? "";
      expect(reason).not.toMatch(/tetragon is not installed/);

      const again = tare(["agents", "install", "tetragon", "--from", path, "--sha256", sha256]);
      expect(again.stderr).toMatch(new RegExp(`is in ${UNPACKED}/custom-[0-9a-f]{12} already`));
    } finally {
      expect(tare(["agents", "remove", "tetragon"]).stderr).toContain("tetragon: removed");
    }
    expect(existsSync(UNPACKED)).toBe(false);
  });

  test("needs root, and says so before anything is fetched", (ctx) => {
    const obstacle = whyNotNobody();
    ctx.skip(obstacle !== undefined, obstacle);
    const ended = tare(["agents", "install", "tetragon"], { uid: NOBODY });
    expect(ended.stderr).toContain(`unpacking below ${AGENTS_FOLDER} needs root`);
    expect(ended.status).toBe(3);
  });
});
