/**
 * Kubernetes' control plane as one program, and its kubelet as another (`programs/`), each built once from Go modules and kept in
 * ~/.cache/tare/k8s (TARE_K8S_CACHE: elsewhere). What they download and compile on the way is removed once they are there.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, statfs } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { TareError, messageOf } from "../../src/domain/errors.ts";

const MODULE = resolve(import.meta.dirname, "programs");

/** Each is a folder of the module. The control plane's four are one, since linking four takes four times as long. */
export type KubernetesProgram = "control-plane" | "kubelet";

/** Modules 0.8 GB, Go's own cache 3.1 GB, the program, and what linking needs beside it. */
const NEEDED_MIB = 6000;
/** What go.mod asks for. An older Go from 1.21 on fetches it by the module proxy. */
const MIN_GO = { itself: [1, 26], fetching: [1, 21] } as const;
/** Packages differ in size, so the first few say little of how long the rest takes. */
const MIN_SHARE_TO_TELL = 0.05;
/** Of the whole build, as far as it was watched: the rest is linking. */
const SHARE_OF_COMPILING = 0.95;

const cache =
  process.env["TARE_K8S_CACHE"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tare", "k8s");

/** Everything that Go keeps goes below the cache; no C compiler is asked for anything. */
const GO_ENV = {
  GOMODCACHE: join(cache, "modules"),
  GOCACHE: join(cache, "go-build"),
  GOTOOLCHAIN: "auto",
  GOFLAGS: "-buildvcs=false",
  GOWORK: "off",
  CGO_ENABLED: "0",
};

const unfit = (message: string, hint: string): TareError => new TareError("host-unfit", message, hint);

/** What a Go tool says last is why it failed. */
const lastLineOf = (text: string): string => text.trim().split("\n").at(-1) ?? "";

const go = async (args: readonly string[], signal: AbortSignal): Promise<string> => {
  const ended = await execa("go", args, { cwd: MODULE, env: GO_ENV, cancelSignal: signal, reject: false });
  if (!ended.failed) return ended.stdout;
  if (signal.aborted) throw signal.reason;
  throw unfit(
    `go ${args.slice(0, 2).join(" ")} failed: ${lastLineOf(ended.stderr) || ended.shortMessage}`,
    "is there a way to a Go module proxy (go env GOPROXY)? what is there already is kept for the next try",
  );
};

const isAtLeast = ([major, minor]: readonly [number, number], version: string): boolean => {
  const [, foundMajor = "0", foundMinor = "0"] = /\bgo(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor);
};

const needGo = async (): Promise<void> => {
  // Outside of the module, so that an old Go does not trip over what it asks for.
  const found = await execa("go", ["version"], { cwd: "/", env: { GOTOOLCHAIN: "local" }, reject: false });
  const wanted = MIN_GO.itself.join(".");
  if (found.failed)
    throw unfit(
      "there is no Go toolchain here (`go version` does not run)",
      `install Go ${wanted} or newer, or ${MIN_GO.fetching.join(".")} or newer with a way to a module proxy`,
    );
  if (!isAtLeast(MIN_GO.fetching, found.stdout))
    throw unfit(
      `${found.stdout} is too old, and cannot fetch a newer one by itself`,
      `install Go ${wanted} or newer`,
    );
};

const needRoom = async (): Promise<void> => {
  await mkdir(cache, { recursive: true });
  const { bavail, bsize } = await statfs(cache);
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  if (free >= NEEDED_MIB) return;
  throw unfit(
    `building Kubernetes needs ${NEEDED_MIB} MiB, and ${cache} has ${free} MiB left`,
    "make room, or set TARE_K8S_CACHE to a folder with more",
  );
};

/** The version of Kubernetes that go.mod asks for: the program says it of itself, which a build from modules does not know. */
const kubernetesOf = (goMod: string): { readonly full: string; readonly flags: string } => {
  const [, full = "", major = "", minor = ""] =
    /^\tk8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)$/m.exec(goMod) ?? [];
  const variables = { gitVersion: full, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  const set = Object.entries(variables).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return { full, flags: ["-s", "-w", ...set].join(" ") };
};

const minutes = (ms: number): number => Math.max(1, Math.round(ms / 60_000));

/** Compiles, and says now and then how far that is. Go names each package as it comes to it. */
const compile = async (
  names: readonly KubernetesProgram[],
  folder: string,
  flags: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> => {
  const packages = names.map((name) => `./${name}`);
  const total = (await go(["list", "-deps", ...packages], signal)).trim().split("\n").length;
  const start = performance.now();
  const into = ["-o", `${folder}/`, ...packages];
  const building = execa("go", ["build", "-v", "-trimpath", "-ldflags", flags, ...into], {
    cwd: MODULE,
    env: GO_ENV,
    cancelSignal: signal,
    reject: false,
    buffer: { stderr: false },
  });
  let done = 0;
  let told = 0;
  let last = "";
  for await (const line of createInterface({ input: building.stderr })) {
    last = line;
    done += 1;
    const share = (done / total) * SHARE_OF_COMPILING;
    if (share < MIN_SHARE_TO_TELL || share < told + MIN_SHARE_TO_TELL) continue;
    told = share;
    const spent = performance.now() - start;
    say(`compiled ${done} of ${total} packages, about ${minutes(spent / share - spent)} minutes left`);
  }
  const { failed, shortMessage } = await building;
  if (signal.aborted) throw signal.reason;
  if (failed)
    throw unfit(
      `${names.join(" and ")} did not build: ${last || shortMessage}`,
      "what is compiled is kept for the next try",
    );
  say(`built in ${minutes(performance.now() - start)} minutes`);
};

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Of builds that were killed while they linked. */
const removeParts = async (): Promise<void> => {
  for (const name of await readdir(cache)) {
    const [, pid] = /\.(\d+)\.part$/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(cache, name), { recursive: true });
  }
};

/** Go makes the modules' files read-only, so that only Go itself removes them. */
const removeCaches = async (signal: AbortSignal): Promise<void> => {
  await go(["clean", "-modcache", "-cache"], signal);
  for (const folder of [GO_ENV.GOMODCACHE, GO_ENV.GOCACHE])
    await rm(folder, { recursive: true, force: true });
};

const pathOf = async (name: KubernetesProgram): Promise<string> => {
  const sources = await Promise.all(
    ["go.mod", "go.sum", `${name}/main.go`].map((file) => readFile(join(MODULE, file), "utf8")),
  );
  const { full } = kubernetesOf(sources[0] ?? "");
  const hash = createHash("sha256").update(sources.join("\0")).digest("hex").slice(0, 16);
  return join(cache, `${name}-${full}-${hash}`);
};

/**
 * Their paths, each made now where it is not there yet. Throws `host-unfit` where they cannot be had: without Go, without a way to the
 * modules, without room.
 */
export const kubernetesPrograms = async <T extends KubernetesProgram>(
  names: readonly T[],
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Readonly<Record<T, string>>> => {
  const entries = await Promise.all(names.map(async (name) => [name, await pathOf(name)] as const));
  const paths = Object.fromEntries(entries) as Record<T, string>;
  const missing = names.filter((name) => !existsSync(paths[name]));
  if (missing.length > 0) await build(missing, paths, say, signal);
  return paths;
};

/** Together, for what both are made of is most of each. */
const build = async <T extends KubernetesProgram>(
  names: readonly T[],
  paths: Readonly<Record<T, string>>,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> => {
  await needGo();
  await needRoom();
  await removeParts();
  const { full, flags } = kubernetesOf(await readFile(join(MODULE, "go.mod"), "utf8"));
  say(
    `building ${names.join(" and ")} of Kubernetes ${full} once: some 20 minutes on two cores, in ${cache}`,
  );
  say("downloading its modules (0.8 GB on disk until it is built)");
  await go(["mod", "download"], signal);
  const part = join(cache, `programs.${process.pid}.part`);
  try {
    await compile(names, part, flags, say, signal);
    for (const name of names) await rename(join(part, name), paths[name]);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  await removeCaches(signal).catch((error: unknown) => {
    say(`what it was built from stays in ${cache}: ${messageOf(error)}`);
  });
};
