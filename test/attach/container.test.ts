/**
 * A sensor in a container of a real engine, measured where it is by the real program. The container is made for that, from this machine's own
 * files alone, and removed again; it runs where Podman does, as root.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { cleanUp, journalOf, said, type Setting, signalledRun, wholeRun } from "./attached-run.ts";

const NAME = "tare-test-sensor";
const IMAGE = "localhost/tare-test-sensor";
const PROGRAM = join(ROOT, "build/bpf/tare-sensor");
const folder = temporaryFolder();
const podman = (...args: readonly string[]): string => said("podman", ...args);
const inspected = (format: string): string => podman("container", "inspect", "--format", format, NAME);

const SETTING: Setting = {
  target: `podman:${NAME}`,
  scenarios: "process-exec,file-open",
  folder,
  isActive: () => inspected("{{.State.Status}}") === "running",
};

/** The sensor with the libraries that it is linked to, as an image of one layer. */
const makeImage = (): void => {
  const root = join(folder, "image");
  const copy = (file: string, to: string): void => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(realpathSync(file), join(root, to));
  };
  const built = dirname(PROGRAM);
  const parts = readdirSync(built).filter((name) => name.endsWith(".bpf.o"));
  for (const name of ["tare-sensor", ...parts]) copy(join(built, name), `/${name}`);
  const linked = execFileSync("ldd", [PROGRAM], { encoding: "utf8" });
  for (const [path] of linked.matchAll(/\/\S+/g)) copy(path, path);
  for (const empty of ["proc", "sys", "dev", "tmp", "etc", "run", "var"])
    mkdirSync(join(root, empty), { recursive: true });
  const archive = join(folder, "image.tar");
  execFileSync("tar", ["-C", root, "-cf", archive, "."]);
  execFileSync("podman", ["import", "--quiet", archive, IMAGE], { stdio: ["ignore", "ignore", "inherit"] });
};

/** Lower than anybody's: to raise them, as Podman would, takes a capability that not every root has. */
const ULIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];

const OPTIONS = ["--name", NAME, "--privileged", "--network", "none", "--pid", "host"];
const LOGGING = ["--log-driver", "k8s-file"];
const COMMAND = [IMAGE, "/tare-sensor", "--families=exec,file", "--output=-"];
const CONTAINER = [...ULIMITS, ...OPTIONS, ...LOGGING, ...COMMAND];

const whyNot = (): string | undefined => {
  if (process.getuid?.() !== 0) return "it needs root";
  if (!existsSync(PROGRAM)) return "the sensor is not built";
  const tried = spawnSync("podman", ["info"], { encoding: "utf8" });
  if (tried.error !== undefined) return "Podman is not here (apt-get install podman)";
  return tried.status === 0 ? undefined : `podman info: ${tried.stderr.trim().slice(-200)}`;
};

let reason = whyNot();

beforeAll(() => {
  if (reason !== undefined) return;
  makeImage();
  podman("rm", "--force", NAME);
  const created = spawnSync("podman", ["create", ...CONTAINER], { encoding: "utf8" });
  const started = spawnSync("podman", ["start", NAME], { encoding: "utf8" });
  if (started.status === 0) return;
  reason = `Podman starts no container here: ${created.stderr}${started.stderr}`;
});

afterAll(() => {
  if (reason !== undefined && !existsSync(join(folder, "image.tar"))) return;
  podman("rm", "--force", NAME);
  podman("rmi", "--force", IMAGE);
});

/** What must be the same before and after. */
const asItIs = (): object => ({
  status: inspected("{{.State.Status}}"),
  id: inspected("{{.Id}}"),
  policy: inspected("{{.HostConfig.RestartPolicy.Name}}"),
});

describe("a sensor in a container of its owner", () => {
  test("is measured in a whole run, and is then as it was", (context) => {
    context.skip(reason !== undefined, reason);
    const before = asItIs();
    expect(before).toMatchObject({ status: "running" });
    const summary = wholeRun(SETTING);
    expect(summary.run).toMatchObject({ complete: true, trials: { failed: 0 } });
    const attached = `${NAME}@attached`;
    const rows = summary.ledger.filter((row) => row.agent === attached);
    expect(rows.map((row) => row.scenario).toSorted()).toEqual(["file-open", "process-exec"]);
    for (const row of rows) {
      console.info(`${attached}, ${row.scenario}: delivered ${row.delivered} of ${row.operations}`);
      expect(row.delivered).toBe(row.operations);
    }
    const costs = summary.estimates.filter((estimate) => estimate.agent === attached);
    expect(costs.map((estimate) => estimate.metric)).toEqual(
      expect.arrayContaining(["workload-cpu", "agent-cpu"]),
    );
    expect(asItIs()).toEqual(before);
    expect(existsSync(journalOf(SETTING))).toBe(false);
  });

  test("is as it was after Ctrl-C in the middle", async (context) => {
    context.skip(reason !== undefined, reason);
    const before = asItIs();
    const { end, words } = await signalledRun(SETTING, "SIGINT", { active: true });
    expect({ ...end, words }).toMatchObject({ code: 130, by: null });
    expect(asItIs()).toEqual(before);
    expect(existsSync(journalOf(SETTING))).toBe(false);
  });

  test("is as it was after a kill and `tare clean`", async (context) => {
    context.skip(reason !== undefined, reason);
    const before = asItIs();
    const { end, words } = await signalledRun(SETTING, "SIGKILL", { active: false });
    expect({ ...end, words }).toMatchObject({ code: null, by: "SIGKILL" });
    expect(existsSync(journalOf(SETTING))).toBe(true);
    expect(cleanUp(SETTING)).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("undid what run") as string,
    });
    expect(asItIs()).toEqual(before);
    expect(existsSync(journalOf(SETTING))).toBe(false);
  });
});
