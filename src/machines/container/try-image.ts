/** The image's own root, run as a container would run it, without a container: what is in it starts, and measures. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { CLONE } from "../clone.ts";
import { type Architecture, FACTS, NATIVE } from "../guests.ts";
import { type BuildContext, has, run } from "../images/shell.ts";

interface Descriptor {
  readonly digest: string;
  readonly platform?: { readonly architecture: string };
}

interface Document {
  readonly manifests?: readonly Descriptor[];
  readonly layers?: readonly Descriptor[];
}

const blobOf = (layout: string, { digest }: Descriptor): string =>
  join(layout, "blobs", digest.replace(":", "/"));

const read = async (file: string): Promise<Document> => JSON.parse(await readFile(file, "utf8")) as Document;

/** Lays the layers of one architecture over each other, as a container runtime does. They only add. */
export const unpackImage = async (
  layout: string,
  architecture: Architecture,
  root: string,
): Promise<void> => {
  const [list] = (await read(join(layout, "index.json"))).manifests ?? [];
  if (list === undefined) throw new Error(`${layout}/index.json lists no image`);
  const image = ((await read(blobOf(layout, list))).manifests ?? []).find(
    ({ platform }) => platform?.architecture === architecture,
  );
  if (image === undefined) throw new Error(`${layout} has no image of ${architecture}`);
  await mkdir(root, { recursive: true });
  for (const layer of (await read(blobOf(layout, image))).layers ?? [])
    await run("tar", [
      "--extract",
      "--numeric-owner",
      `--file=${blobOf(layout, layer)}`,
      `--directory=${root}`,
    ]);
};

const IN_ROOT = join(CLONE, "scripts/image/in-root.sh");

/** Of one architecture: what the command printed, or why it cannot be run here. */
export type Tried =
  { readonly kind: "ran"; readonly printed: string } | { readonly kind: "skipped"; readonly reason: string };

export const runInImage = async (
  root: string,
  architecture: Architecture,
  command: readonly string[],
  { signal }: BuildContext,
): Promise<Tried> => {
  const emulator = `qemu-${FACTS[architecture].uname}-static`;
  if (architecture !== NATIVE && !(await has(emulator)))
    return { kind: "skipped", reason: `${emulator} (Debian's qemu-user-static) is not here` };
  const started = architecture === NATIVE ? command : [emulator, ...command];
  const printed = await run("sh", [IN_ROOT, root, ...started], { signal });
  return { kind: "ran", printed };
};
