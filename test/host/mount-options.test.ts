/** Options that another mount took off the kernel's own file systems come back. With real mounts, in a mount namespace of the test's own. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kernelMountOptions } from "../../src/domain/mounts.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
/** A folder that every kernel has for a mount; what is mounted there on the node is covered in the namespace only. */
const POINT = "/sys/fs/cgroup";

test.skipIf(process.getuid?.() !== 0)("undoing gives back what changed, and only that (needs root)", () => {
  const program = `
    import { execFileSync } from "node:child_process";
    import { readFileSync } from "node:fs";
    import { createHost } from ${JSON.stringify(join(ROOT, "src/host/host.ts"))};
    import { kernelMountOptions } from ${JSON.stringify(join(ROOT, "src/domain/mounts.ts"))};
    const options = () => kernelMountOptions(readFileSync("/proc/self/mountinfo", "utf8"));
    const host = createHost({ root: ${JSON.stringify(ROOT)}, journalDirectory: ${JSON.stringify(join(folder, "tare/journal"))} });
    execFileSync("mount", ["-t", "tmpfs", "-o", "nosuid,noexec", "none", "${POINT}"]);
    const before = options();
    const scope = host.effects.scope("test");
    await scope.perform({ kind: "mount-options", options: { ...before, "/sys/unmounted since": "rw" } });
    execFileSync("mount", ["-o", "remount,suid,exec", "${POINT}"]);
    const between = options();
    const problems = await scope.undo();
    console.log(JSON.stringify({ problems, before, between, after: options() }));
  `;
  const node = [process.execPath, "--input-type=module-typescript", "-e", program];
  const ran = spawnSync("unshare", ["--mount", "--propagation", "private", ...node], { encoding: "utf8" });
  expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: "" });
  const { problems, before, between, after } = JSON.parse(ran.stdout) as Record<
    "problems" | "before" | "between" | "after",
    Readonly<Record<string, string>>
  >;
  expect(before[POINT]).toContain("noexec");
  expect(between[POINT]).not.toContain("noexec");
  expect(after).toEqual(before);
  expect(problems).toEqual([]);
});

/** Of a guest with Debian 13 (Linux 6.12), before and after Tetragon 1.7.0 had mounted the control groups at /run/tetragon/cgroup2. */
test("options are read as a remount takes them, of the kernel's own file systems alone", () => {
  const lines = (cgroups: string): string =>
    [
      "25 1 259:0 / / rw,noatime shared:1 - ext4 /dev/root rw",
      `32 24 0:28 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 ${cgroups}`,
      "",
    ].join("\n");
  expect(kernelMountOptions(lines("rw,nsdelegate,memory_recursiveprot"))).toEqual({
    "/sys/fs/cgroup": "rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot",
  });
  expect(kernelMountOptions(lines("rw"))).toEqual({
    "/sys/fs/cgroup": "rw,nosuid,nodev,noexec,relatime",
  });
});
