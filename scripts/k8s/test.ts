/**
 * `npm run test:k8s`: the conductor and its client against Kubernetes' own control plane, and with --guest a bench on a real node
 * (docs/kubernetes-tests.md). What Kubernetes is made of is built once, from Go modules; where it cannot be had, nothing is tried, and the
 * reason is said.
 */
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { EXIT, messageOf, TareError } from "../../src/domain/errors.ts";
import { interruptible } from "../../src/session/interruptible.ts";
import type { Told } from "../../test/k8s/real/told.ts";
import { commandLine, exitOfSkipped } from "../command-line.ts";
import { kubernetesPrograms } from "./build.ts";
import { makeGuest } from "./guest/make.ts";

const ROOT = resolve(import.meta.dirname, "../..");

const program = commandLine(
  "npm run test:k8s --",
  "The conductor against a real Kubernetes control plane: built once from Go modules (some 20 minutes), then started for the tests (docs/kubernetes-tests.md).",
)
  .argument("[arguments...]", "of vitest: a part of a file's name, -t PATTERN behind another `--`")
  .option("--build-only", "builds what Kubernetes is made of and prints where it is")
  .option("--guest", "instead: a bench on a real kubelet and containerd, in an emulated guest (an hour)")
  .parse();
const { buildOnly = false, guest: inGuest = false } = program.opts<{
  readonly buildOnly?: true;
  readonly guest?: true;
}>();

/** Steps go to standard error, results to standard output. */
const info = (line: string): void => {
  process.stderr.write(`k8s: ${line}\n`);
};

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const rowOf = ({ what, since, agentReadySeconds, record }: Told): string => {
  const ready = agentReadySeconds === null ? "never" : `${agentReadySeconds.toFixed(1)} s`;
  return `| ${what} | ${ready} after ${since} | ${record} |`;
};

const tableOf = (lines: string): string => {
  const rows = lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Told);
  return ["| what happened | agent Ready | record |", "| --- | --- | --- |", ...rows.map(rowOf)].join("\n");
};

/** Where tests find what they run, and which of them. */
interface Rung {
  readonly filter: string;
  readonly env: Readonly<Record<string, string>>;
}

const programs = async (signal: AbortSignal): Promise<Readonly<Record<string, string>>> =>
  inGuest
    ? await kubernetesPrograms(["control-plane", "kubelet"], info, signal)
    : await kubernetesPrograms(["control-plane"], info, signal);

const prepare = async (
  paths: Readonly<Record<string, string>>,
  folder: string,
  signal: AbortSignal,
): Promise<Rung> => {
  const env = { TARE_TEST_CONTROL_PLANE: paths["control-plane"] ?? "" };
  if (!inGuest) return { filter: "test/k8s/real/", env };
  const guest = await makeGuest(folder, paths["kubelet"] ?? "", { info, signal });
  return { filter: "test/k8s/guest/", env: { ...env, TARE_TEST_K8S_GUEST: JSON.stringify(guest) } };
};

const test = async (signal: AbortSignal): Promise<number> => {
  const paths = await programs(signal);
  if (buildOnly) {
    for (const path of Object.values(paths)) print(path);
    return 0;
  }
  // Not below /tmp, which may be in memory: a guest's files are some hundred megabytes.
  const folder = await mkdtemp(join(inGuest ? "/var/tmp" : tmpdir(), "tare-test-k8s-"));
  const report = join(folder, "reports", "tests.json");
  const table = join(folder, "table.jsonl");
  try {
    const { filter, env } = await prepare(paths, folder, signal);
    await mkdir(join(folder, "reports"));
    const flags = ["--reporter=verbose", "--reporter=./scripts/test-reporter.ts", "--no-file-parallelism"];
    const filters = program.args.length === 0 ? [filter] : program.args;
    const tested = await execa(
      process.execPath,
      ["node_modules/vitest/vitest.mjs", "run", ...filters, "--project=processes", ...flags],
      {
        cwd: ROOT,
        env: {
          ...env,
          TARE_TEST_K8S_TABLE: table,
          TARE_TEST_REPORT: report,
          // Neither workloads nor the sensor run on this machine: nothing of C is built for it.
          TARE_TEST_PREBUILT: "yes",
        },
        stdio: "inherit",
        reject: false,
        cancelSignal: signal,
      },
    );
    if (signal.aborted) throw signal.reason;
    print(`\n${tableOf(await readFile(table, "utf8").catch(() => ""))}\n`);
    const status = tested.exitCode ?? 1;
    await execa(process.execPath, ["scripts/count-tests.ts", join(folder, "reports"), String(status)], {
      cwd: ROOT,
      stdio: "inherit",
    });
    return status;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

try {
  process.exitCode = await interruptible(
    (name) =>
      new TareError("interrupted", `stopped by ${name}`, "nothing of the control plane is left running"),
    test,
  );
} catch (error) {
  const skipped = error instanceof TareError && error.kind === "host-unfit";
  info(`${skipped ? "skipped" : "error"}: ${messageOf(error)}`);
  if (error instanceof TareError) info(`hint: ${error.hint}`);
  if (skipped) print("0 passed, 0 failed, 1 skipped");
  process.exitCode = skipped ? exitOfSkipped() : error instanceof TareError ? error.exitCode : EXIT.bug;
}
