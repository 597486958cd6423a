/** Container images of one architecture, as the archives that a container runtime imports: a file for each part, named by its digest. */
import { createHash } from "node:crypto";
import { copyFile, link, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Architecture } from "../../../src/machines/guests.ts";
import { run } from "../../../src/machines/images/shell.ts";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string };
}

/** A list of images by architecture, or one of them. */
interface Manifest {
  readonly schemaVersion: number;
  readonly mediaType?: string;
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

interface Config {
  readonly architecture: string;
  readonly os: "linux";
  readonly config?: Readonly<Record<string, unknown>> & { readonly Env?: readonly string[] };
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly string[] };
}

/** What `ctr images import --base-name NAME` makes the name's tag. */
export const TAG = "test";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";

const digestOf = (content: string | Buffer): string =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;

const blobOf = (layout: string, digest: string): string => join(layout, "blobs", digest.replace(":", "/"));

const json = async <T>(file: string): Promise<T> => JSON.parse(await readFile(file, "utf8")) as T;

const keep = async (layout: string, mediaType: string, content: string | Buffer): Promise<Descriptor> => {
  const digest = digestOf(content);
  await writeFile(blobOf(layout, digest), content);
  return { mediaType, digest, size: Buffer.byteLength(content) };
};

/** `parts`: puts the layers into the layout. */
const archive = async (
  file: string,
  parts: (layout: string) => Promise<{ readonly config: Config; readonly layers: readonly Descriptor[] }>,
): Promise<void> => {
  const layout = await mkdtemp(`${file}.`);
  try {
    await mkdir(join(layout, "blobs/sha256"), { recursive: true });
    const { config, layers } = await parts(layout);
    const described = await keep(layout, CONFIG, JSON.stringify(config));
    const manifest: Manifest = { schemaVersion: 2, mediaType: MANIFEST, config: described, layers };
    const { digest, size } = await keep(layout, MANIFEST, JSON.stringify(manifest));
    const annotations = { "org.opencontainers.image.ref.name": TAG };
    const index = { schemaVersion: 2, manifests: [{ mediaType: MANIFEST, digest, size, annotations }] };
    await writeFile(join(layout, "index.json"), JSON.stringify(index));
    await writeFile(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    await run("tar", ["--create", `--file=${file}`, `--directory=${layout}`, "."]);
  } finally {
    await rm(layout, { recursive: true });
  }
};

/** One program, and nothing else. */
export const archiveProgram = async (
  file: string,
  program: string,
  name: string,
  architecture: Architecture,
): Promise<void> => {
  await archive(file, async (layout) => {
    const packed = join(layout, "layer.tar");
    const as = `--transform=s,.*,${name},`;
    const owner = ["--owner=0", "--group=0", "--mtime=@0", "--absolute-names"];
    await run("tar", ["--create", `--file=${packed}`, ...owner, as, program]);
    const layer = await keep(layout, LAYER, await readFile(packed));
    await rm(packed);
    const config: Config = {
      architecture,
      os: "linux",
      config: { Entrypoint: [`/${name}`] },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    };
    return { config, layers: [layer] };
  });
};

/** An image of a layout, with further variables in its environment. */
export const archiveImage = async (
  file: string,
  from: string,
  architecture: Architecture,
  environment: Readonly<Record<string, string>>,
): Promise<void> => {
  const [first] = (await json<Manifest>(join(from, "index.json"))).manifests ?? [];
  if (first === undefined) throw new Error(`${from}/index.json lists no image`);
  const list = await json<Manifest>(blobOf(from, first.digest));
  const of = list.manifests?.find(({ platform }) => platform?.architecture === architecture);
  const image = of === undefined ? list : await json<Manifest>(blobOf(from, of.digest));
  if (image.config === undefined) throw new Error(`${from} has no image of ${architecture}`);
  const config = await json<Config>(blobOf(from, image.config.digest));
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  await archive(file, async (layout) => {
    for (const { digest } of image.layers ?? []) {
      const target = blobOf(layout, digest);
      await mkdir(dirname(target), { recursive: true });
      // On another file system it cannot be the same file.
      await link(blobOf(from, digest), target).catch(() => copyFile(blobOf(from, digest), target));
    }
    return {
      config: { ...config, config: { ...config.config, Env: [...(config.config?.Env ?? []), ...variables] } },
      layers: image.layers ?? [],
    };
  });
};
