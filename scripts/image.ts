/** `npm run image`: the container image of tare, its list of contents, and the archives of kubectl's plugin. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { EXIT, TareError, messageOf } from "../src/domain/errors.ts";
import { CLONE } from "../src/machines/clone.ts";
import { ARCHITECTURES, listOf, NATIVE, parseArchitecture, parseRelease } from "../src/machines/guests.ts";
import { type Built, buildImage, FOR_CONTAINER, type ImageWanted } from "../src/machines/container/build.ts";
import { USUAL_AGENTS } from "../src/machines/container/debian-layer.ts";
import { krewManifest } from "../src/machines/container/krew.ts";
import { WORK_FOLDER } from "../src/k8s/node-folder.ts";
import { runInImage, unpackImage } from "../src/machines/container/try-image.ts";
import { hostRelease } from "../src/machines/images/mirror.ts";
import { type BuildContext, run } from "../src/machines/images/shell.ts";
import { bring } from "../src/machines/setup/bring.ts";
import { payloadPackages } from "../src/machines/setup/packages.ts";
import { interruptible } from "../src/session/interruptible.ts";
import packageJson from "../package.json" with { type: "json" };
import { commandLine } from "./command-line.ts";

interface Flags {
  readonly arch: string;
  readonly release?: string;
  readonly packages: string;
  readonly out: string;
  readonly krew?: string;
  readonly check?: boolean;
}

const say = (text: string): void => {
  process.stderr.write(`image: ${text}\n`);
};

const words = (text: string): readonly string[] => text.split(",").filter((word) => word !== "");

/** The last commit's time: a clone of it gives the same image on another day. */
const epochOf = async (): Promise<number> =>
  Number(
    process.env["SOURCE_DATE_EPOCH"] ?? (await run("git", ["log", "-1", "--format=%ct"], { cwd: CLONE })),
  );

const wantedBy = async (flags: Flags): Promise<ImageWanted> => ({
  architectures: listOf("--arch", flags.arch, parseArchitecture),
  release: flags.release === undefined ? await hostRelease() : parseRelease(flags.release),
  packages: words(flags.packages),
  version: packageJson.version,
  revision: (await run("git", ["describe", "--always", "--dirty", "--abbrev=12"], { cwd: CLONE })).trim(),
  epoch: await epochOf(),
});

const make = async (flags: Flags, context: BuildContext): Promise<void> => {
  const out = resolve(flags.out);
  if (existsSync(out))
    throw new TareError(
      "usage",
      `--out ${out}: it is there already`,
      "remove it first, or name another folder",
    );
  const wanted = await wantedBy(flags);
  const compilers = await Promise.all(wanted.architectures.map(payloadPackages));
  await bring([...FOR_CONTAINER, ...compilers.flat()], "making the image", context);
  await mkdir(dirname(out), { recursive: true });
  const beside = await mkdtemp(`${out}.`);
  try {
    const built = await buildImage(beside, wanted, context);
    if (flags.krew !== undefined)
      await writeFile(join(beside, "tare.yaml"), krewManifest(wanted.version, flags.krew, built.archives));
    if (flags.check === true) await check(beside, built, wanted, context);
    await run("mv", [beside, out]);
    process.stdout.write(`${join(out, built.layout)}:${wanted.version}@${built.digest}\n`);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
};

/** Builds it again from the start, and runs what is in it. */
const check = async (
  folder: string,
  { digest, layout }: Built,
  wanted: ImageWanted,
  context: BuildContext,
): Promise<void> => {
  const again = await buildImage(join(folder, "again"), wanted, context);
  await rm(join(folder, "again"), { recursive: true });
  if (again.digest !== digest)
    throw new TareError(
      "run-failed",
      `built twice, it is ${digest} and ${again.digest}`,
      "what has changed in between?",
    );
  say(`built twice: ${digest}`);
  for (const architecture of wanted.architectures) {
    const root = join(folder, `root-${architecture}`);
    await unpackImage(join(folder, layout), architecture, root);
    for (const command of architecture === NATIVE ? NATIVE_CHECKS : EMULATED_CHECKS) {
      const tried = await runInImage(root, architecture, command, context);
      const words = command.join(" ");
      if (tried.kind === "skipped") say(`${architecture}: ${words}: not tried: ${tried.reason}`);
      else say(`${architecture}: ${words}\n${tried.printed.trim().split("\n").slice(-MAX_SHOWN).join("\n")}`);
    }
    await rm(root, { recursive: true });
  }
};

const MAX_SHOWN = 6;
const NATIVE_CHECKS = [
  ["tare", "--version"],
  ["kubectl-tare", "manifests", "--agent", "daemonset:kube-system/tetragon"],
  ["tare", "agents"],
  [
    "tare",
    "run",
    "--profile",
    "smoke",
    "--agents",
    "sensor",
    "--out",
    `${WORK_FOLDER}/run`,
    "--report",
    `${WORK_FOLDER}/run.html`,
  ],
];
/** As the launcher starts it: an emulator runs one program, and a shell is another. */
const NODE = ["/opt/tare/node_modules/node/bin/node", "/opt/tare/src/cli/main.ts"];
const EMULATED_CHECKS = [
  [...NODE, "--version"],
  [...NODE, "list"],
];

const program = commandLine(
  "npm run image --",
  "build tare's container image for amd64 and arm64; needs root and Debian's buildah",
)
  .option("--arch <names>", "of these architectures", ARCHITECTURES.join(","))
  .option("--release <name>", "Debian bookworm or trixie (default: this machine's)")
  .option("--packages <names>", "Debian packages of agents to bring along", USUAL_AGENTS.join(","))
  .option("--out <dir>", "a new folder for all of it", "build/image")
  .option("--krew <url>", "write a manifest for krew too; the archives will be fetched from there")
  .option("--check", "build it twice and compare, and run what is in it")
  .action(async (flags: Flags) => {
    await interruptible(
      (signal) =>
        new TareError("interrupted", `interrupted by ${signal}`, "nothing is left behind; start again"),
      async (signal) => {
        await make(flags, { info: say, signal });
      },
    );
  });

try {
  await program.parseAsync();
} catch (error) {
  say(messageOf(error));
  if (error instanceof TareError) say(`hint: ${error.hint}`);
  process.exitCode = error instanceof TareError ? error.exitCode : EXIT.bug;
}
