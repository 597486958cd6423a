/**
 * The image of both architectures, as an OCI layout. buildah only lays archives over each other: their bytes, the times in them and so the
 * image's digest follow from the clone, Debian's archive and nothing else.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { CLONE } from "../clone.ts";
import type { Architecture, Release } from "../guests.ts";
import { readLock } from "../images/payload.ts";
import { type BuildContext, need, run } from "../images/shell.ts";
import { LAUNCHERS, makeApplication } from "./application.ts";
import { archiveOf, type Stamp } from "./archive.ts";
import { debianPackages, makeDebian } from "./debian-layer.ts";
import type { KrewArchive } from "./krew.ts";
import { type CycloneDx, sbomOf } from "./sbom.ts";

export interface ImageWanted extends Stamp {
  readonly architectures: readonly Architecture[];
  readonly release: Release;
  /** Of Debian, beside those that tare needs. */
  readonly packages: readonly string[];
  readonly version: string;
  readonly revision: string;
}

export interface Built {
  /** `sha256:...`, of the list of both architectures' images. */
  readonly digest: string;
  /** Below the folder that was given. */
  readonly layout: string;
  readonly archives: readonly KrewArchive[];
}

/** For who has no clone: the packages of Debian that this takes, beside the compilers. */
export const FOR_CONTAINER = ["mmdebstrap", "buildah"] as const;

const CONTAINERFILE = join(CLONE, "scripts/image/Containerfile");
const HOME = "opt/tare";
export const LAYOUT = "image";

const digestOf = async (file: string): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
};

export const buildImage = async (
  folder: string,
  wanted: ImageWanted,
  context: BuildContext,
): Promise<Built> => {
  await need({ mmdebstrap: "mmdebstrap", buildah: "buildah", "llvm-strip": "llvm" }, "making the image");
  const parts = join(folder, "parts");
  await mkdir(parts, { recursive: true });
  const archives: KrewArchive[] = [];
  for (const architecture of wanted.architectures)
    archives.push(await makeParts(parts, folder, architecture, wanted, context));
  await copyFile(CONTAINERFILE, join(parts, "Containerfile"));
  context.info("putting the image together (buildah)");
  await layer(folder, parts, wanted, context);
  await rm(parts, { recursive: true });
  return { digest: await digestIn(join(folder, LAYOUT)), layout: LAYOUT, archives };
};

/** The two archives of the image, and that of the plugin. */
const makeParts = async (
  parts: string,
  folder: string,
  architecture: Architecture,
  wanted: ImageWanted,
  context: BuildContext,
): Promise<KrewArchive> => {
  context.info(`${architecture}: Debian ${wanted.release}`);
  const debian = join(parts, `debian-${architecture}`);
  await makeDebian(debian, architecture, wanted.release, wanted.packages, context);
  await archiveOf(`${debian}.tar`, debian, wanted);
  context.info(`${architecture}: tare and what it is built of`);
  const root = join(parts, `tare-${architecture}`);
  const home = join(root, HOME);
  await mkdir(home, { recursive: true });
  await makeApplication(home, architecture, context);
  const list = sbomOf({
    npm: await npmList(),
    node: (await readLock()).node,
    debian: await debianPackages(debian),
    architecture,
    epoch: wanted.epoch,
  });
  await writeFile(join(folder, `sbom-${architecture}.cdx.json`), list);
  const file = `kubectl-tare-linux-${architecture}.tar.gz`;
  await packPlugin(join(folder, file), home, wanted);
  await writeFile(join(home, "sbom.cdx.json"), list);
  await mkdir(join(root, "usr/local/bin"), { recursive: true });
  for (const name of LAUNCHERS)
    await run("ln", ["-s", `/${HOME}/${name}`, join(root, "usr/local/bin", name)]);
  await archiveOf(`${root}.tar`, root, wanted, { asRoots: true });
  for (const tree of [debian, root]) await rm(tree, { recursive: true });
  return { architecture, file, digest: await digestOf(join(folder, file)) };
};

const packPlugin = async (file: string, home: string, stamp: Stamp): Promise<void> => {
  const archive = file.replace(/\.gz$/, "");
  await archiveOf(archive, home, stamp, { asRoots: true });
  // Without its time and name.
  await run("gzip", ["--no-name", "--force", archive]);
};

const npmList = async (): Promise<CycloneDx> =>
  JSON.parse(
    await run("npm", ["sbom", "--sbom-format=cyclonedx", "--omit=dev", "--package-lock-only"], {
      cwd: CLONE,
    }),
  ) as CycloneDx;

/** Its storage is its own and goes with it: what else buildah has on this machine is left alone. */
const layer = async (
  folder: string,
  parts: string,
  { architectures, version, revision, epoch }: ImageWanted,
  { signal }: BuildContext,
): Promise<void> => {
  const store = join(folder, "store");
  const own = [`--root=${store}/root`, `--runroot=${store}/run`, "--storage-driver=vfs"];
  const name = `localhost/tare:${version}`;
  try {
    for (const architecture of architectures)
      await run(
        "buildah",
        [
          ...own,
          "build",
          "--isolation=chroot",
          "--layers",
          // A step that both architectures have in common would be taken from the other one, and its architecture with it.
          "--no-cache",
          `--platform=linux/${architecture}`,
          `--timestamp=${epoch}`,
          `--build-arg=VERSION=${version}`,
          `--build-arg=REVISION=${revision}`,
          `--manifest=${name}`,
          `--file=${join(parts, "Containerfile")}`,
          parts,
        ],
        { signal },
      );
    const target = `oci:${join(folder, LAYOUT)}:${version}`;
    await run("buildah", [...own, "manifest", "push", "--all", name, target], { signal });
  } finally {
    await rm(store, { recursive: true, force: true });
  }
};

interface Index {
  readonly manifests: readonly { readonly digest: string }[];
}

const digestIn = async (layout: string): Promise<string> => {
  const { manifests } = JSON.parse(await readFile(join(layout, "index.json"), "utf8")) as Index;
  return manifests[0]?.digest ?? "";
};
