/**
 * What the guest of `npm run test:k8s -- --guest` is made of: Debian 13 with containerd, and a file system with the kubelet, tare's image and
 * one that does nothing. All of it is kept but that file system, which is of the clone as it is.
 */
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { TareError } from "../../../src/domain/errors.ts";
import { CLONE } from "../../../src/machines/clone.ts";
import { buildImage, FOR_CONTAINER, LAYOUT } from "../../../src/machines/container/build.ts";
import { USUAL_AGENTS } from "../../../src/machines/container/debian-layer.ts";
import { type Architecture, EMULATED_TIMEOUT_SCALE, NATIVE, RELEASES } from "../../../src/machines/guests.ts";
import { cached, hashOf, type Recipe } from "../../../src/machines/images/cache.ts";
import { makeFileSystem } from "../../../src/machines/images/file-system.ts";
import { type Image, makeImage } from "../../../src/machines/images/image.ts";
import { hostRelease } from "../../../src/machines/images/mirror.ts";
import { findQemu } from "../../../src/machines/images/qemu.ts";
import { type BuildContext, need, run } from "../../../src/machines/images/shell.ts";
import { bring, bringForImage } from "../../../src/machines/setup/bring.ts";
import { payloadPackages } from "../../../src/machines/setup/packages.ts";
import { archiveImage, archiveProgram } from "./oci.ts";

const HERE = import.meta.dirname;
const FILES = ["start.sh", "containerd.toml", "pods.conflist", "kubelet.yaml"];

/** As a test finds it in TARE_TEST_K8S_GUEST. */
export interface KubernetesGuest {
  readonly image: Image;
  /** A file system for /payload. */
  readonly payload: string;
}

/** What tare needs to know where QEMU emulates its CPU (docs/adr/0025): nobody but its image can tell a pod. */
const EMULATED = {
  TARE_NODE_FLAGS: "--single-threaded",
  TARE_TIMEOUT_SCALE: String(EMULATED_TIMEOUT_SCALE),
};

/** What tare's image is made of. */
const SOURCES =
  /^(?:src\/|scenarios\/|bpf\/|scripts\/image\/|scripts\/packages\.txt$|package(?:-lock)?\.json$)/;

const sourcesHash = async (): Promise<string> => {
  const list = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: CLONE });
  const files = list.split("\n").filter((file) => SOURCES.test(file) && existsSync(join(CLONE, file)));
  return hashOf(
    await Promise.all(files.map(async (file) => [file, await readFile(join(CLONE, file), "utf8")])),
  );
};

const tareRecipe = async (architecture: Architecture): Promise<Recipe> => {
  const release = await hostRelease();
  return {
    name: `tare-image-${architecture}`,
    inputs: { sources: await sourcesHash(), release },
    megabytes: 3000,
    seconds: 120,
    build: async (folder, context) => {
      await buildImage(
        folder,
        {
          architectures: [architecture],
          release,
          packages: USUAL_AGENTS,
          version: "test",
          revision: (await run("git", ["describe", "--always", "--dirty"], { cwd: CLONE })).trim(),
          epoch: Number(await run("git", ["log", "-1", "--format=%ct"], { cwd: CLONE })),
        },
        context,
      );
      return {};
    },
  };
};

const makeImages = async (
  folder: string,
  architecture: Architecture,
  context: BuildContext,
): Promise<void> => {
  await mkdir(folder);
  const { folder: made } = await cached(await tareRecipe(architecture), context);
  await archiveImage(join(folder, "tare.tar"), join(made, LAYOUT), architecture, EMULATED);
  await need({ cc: "gcc" }, "making the image of a sandbox");
  const pause = join(folder, "pause");
  await run("cc", [
    "-static",
    "-Os",
    "-s",
    "-Wall",
    "-Wextra",
    "-Werror",
    join(HERE, "pause.c"),
    "-o",
    pause,
  ]);
  await archiveProgram(join(folder, "pause.tar"), pause, "pause", architecture);
  await rm(pause);
};

/** `kubelet`: the program. What is made for this guest alone goes into `folder`. */
export const makeGuest = async (
  folder: string,
  kubelet: string,
  context: BuildContext,
): Promise<KubernetesGuest> => {
  if (NATIVE === undefined)
    throw new TareError(
      "host-unfit",
      `no guest is made on ${process.arch}`,
      "use a machine of amd64 or arm64",
    );
  const wanted = {
    architecture: NATIVE,
    flavour: "kubernetes",
    kernel: RELEASES.trixie,
    release: "trixie",
  } as const;
  await bringForImage(wanted, context);
  await bring([...FOR_CONTAINER, ...(await payloadPackages(NATIVE))], "making tare's image", context);
  const image = await makeImage(wanted, context);
  await findQemu(NATIVE, context);
  const tree = join(folder, "tree");
  await mkdir(tree);
  await makeImages(join(tree, "images"), NATIVE, context);
  for (const name of FILES) await copyFile(join(HERE, name), join(tree, name));
  await copyFile(kubelet, join(tree, "kubelet"));
  const payload = join(folder, "payload.ext4");
  await makeFileSystem(payload, tree, { label: "tare-payload", freeMegabytes: 16 });
  await rm(tree, { recursive: true });
  return { image, payload };
};
