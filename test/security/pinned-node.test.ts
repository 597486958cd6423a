/** npm fetches the pinned Node by a version; what came is compared with a digest. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const SCRIPT = join(ROOT, "scripts/check-node.sh");
const check = (...args: readonly string[]) => {
  const { status, stderr } = spawnSync("sh", [SCRIPT, ...args], { encoding: "utf8" });
  return { status, stderr };
};

test("the digests are those of the version that is pinned, and of this Node", () => {
  expect(readFileSync(SCRIPT, "utf8")).toContain(`\nversion=${packageJson.devDependencies.node}\n`);
  expect(check(join(ROOT, "node_modules/node/bin/node"))).toEqual({ status: 0, stderr: "" });
});

test("another file in its place is refused with both digests, before it is started", () => {
  const other = join(folder, "node");
  writeFileSync(other, "#!/bin/sh\n");
  for (const architecture of ["x64", "arm64"])
    expect(check(other, architecture)).toEqual({
      status: 3,
      stderr: expect.stringMatching(/has the SHA-256 [0-9a-f]{64}, and Node \S+ has [0-9a-f]{64}/) as string,
    });
  expect(readFileSync(join(ROOT, "scripts/setup.sh"), "utf8")).toContain('check-node.sh "$1/bin/node"');
});
