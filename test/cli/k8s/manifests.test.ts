/** `tare k8s manifests` as a user calls it. */
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { tare } from "../../support/tare-command.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();
const manifests = (...args: readonly string[]) => tare(["k8s", "manifests", ...args]);

test("one text for kubectl goes to standard output, with the namespaces and agents that were named", () => {
  const { status, stdout, stderr } = manifests(
    "--namespace",
    "bench",
    "--agent",
    "daemonset:kube-system/tetragon",
    "--agent",
    "daemonset:falco/falco",
  );
  expect([status, stderr]).toEqual([0, ""]);
  const names = parseAllDocuments(stdout).map((document) => document.getIn(["metadata", "name"]));
  expect(names).toEqual(
    expect.arrayContaining(["bench", "bench-control", "bench-conductor.tetragon", "bench-conductor.falco"]),
  );
});

test("a chart is a folder, which is not written into another time", () => {
  const out = join(folder, "chart");
  expect(manifests("--as", "helm", "--out", out, "--max-hold", "120")).toMatchObject({ status: 0 });
  expect(readdirSync(out).toSorted()).toEqual([
    "Chart.yaml",
    "templates",
    "values.schema.json",
    "values.yaml",
  ]);
  expect(parse(readFileSync(join(out, "values.yaml"), "utf8"))).toMatchObject({ maxHoldSeconds: 120 });
  const again = manifests("--as", "kustomize", "--out", out);
  expect(again.status).toBe(2);
  expect(again.stderr).toContain("there is something in it (Chart.yaml)");
});

test.each([
  [["--as", "helm"], "--out names none"],
  [["--agent", "tetragon"], "not daemonset:NAMESPACE/NAME"],
  [["--agent", "daemonset:Kube/tetragon"], "not daemonset:NAMESPACE/NAME"],
  [["--namespace", "x".repeat(60)], "--namespace: "],
  [["--max-hold", "86400"], "must be at most 900"],
])("%j is refused, and said why", (args, why) => {
  const { status, stdout, stderr } = manifests(...args);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(why);
});

test("a folder that cannot be one is refused with what the system says, and what to do about that", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  for (const [out, why, hint] of [
    [file, "ENOTDIR", "a part of that path is no folder: move it away, or name another folder with --out"],
    [join(folder, "x".repeat(300)), "ENAMETOOLONG", "the path is too long: name another folder with --out"],
    ["/proc/tare", "ENOENT", "no folder can be made there: name another folder with --out"],
  ] as const) {
    const { status, stderr } = manifests("--as", "helm", "--out", out);
    expect(status).not.toBe(0);
    expect(stderr).toContain(out);
    expect(stderr).toContain(why);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain(hint);
  }
});

test("a link named kubectl-tare is kubectl's plugin", () => {
  const link = join(folder, "kubectl-tare");
  symlinkSync(resolve(import.meta.dirname, "../../../scripts/tare.sh"), link);
  const { status, stdout } = spawnSync(link, ["manifests", "--help"], { encoding: "utf8" });
  expect([status, stdout]).toEqual([0, expect.stringContaining("Usage: tare k8s manifests")]);
});
