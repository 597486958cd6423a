/** Images for the node of `npm run test:k8s -- --guest`, as a container runtime reads them. */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { archiveImage, archiveProgram, TAG } from "../../scripts/k8s/guest/oci.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

interface Described {
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

const unpacked = (file: string): string => {
  const into = mkdtempSync(`${file}-`);
  execFileSync("tar", ["--extract", `--file=${file}`, `--directory=${into}`]);
  return into;
};

/** The content that a descriptor names, when it is what it says. */
const blob = (layout: string, { digest, size }: Described): Buffer => {
  const content = readFileSync(join(layout, "blobs", digest.replace(":", "/")));
  expect(`sha256:${createHash("sha256").update(content).digest("hex")}`).toBe(digest);
  expect(content.byteLength).toBe(size);
  return content;
};

const read = (layout: string) => {
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as { manifests: Described[] };
  const [first] = index.manifests;
  if (first === undefined) throw new Error("no image");
  expect(first.annotations).toEqual({ "org.opencontainers.image.ref.name": TAG });
  const manifest = JSON.parse(blob(layout, first).toString()) as { config: Described; layers: Described[] };
  const config = JSON.parse(blob(layout, manifest.config).toString()) as {
    architecture: string;
    config: { Entrypoint?: string[]; Env?: string[] };
    rootfs: { diff_ids: string[] };
  };
  return { config, layers: manifest.layers.map((layer) => ({ ...layer, content: blob(layout, layer) })) };
};

test("a program becomes an image of itself, and its layer holds it as root's", async () => {
  const program = join(folder, "anything");
  writeFileSync(program, "#!/bin/sh\n");
  chmodSync(program, 0o755);
  const file = join(folder, "program.tar");
  await archiveProgram(file, program, "pause", "amd64");
  const { config, layers } = read(unpacked(file));
  expect(config).toMatchObject({ architecture: "amd64", config: { Entrypoint: ["/pause"] } });
  expect(config.rootfs.diff_ids).toEqual(layers.map(({ digest }) => digest));
  const listed = execFileSync("tar", ["--list", "--verbose", "--numeric-owner"], {
    input: layers[0]?.content,
  });
  expect(listed.toString()).toMatch(/^-rwxr-xr-x 0\/0 +10 1970-01-01 00:00 pause\n$/);
});

test("an image of several architectures becomes that of one, with its layers as they are and variables added", async () => {
  const layout = join(folder, "layout");
  mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
  const keep = (content: string) => {
    const hex = createHash("sha256").update(content).digest("hex");
    writeFileSync(join(layout, "blobs/sha256", hex), content);
    return { digest: `sha256:${hex}`, size: content.length };
  };
  const of = (architecture: string) => {
    const layer = keep(`layer of ${architecture}`);
    const config = {
      architecture,
      os: "linux",
      config: { Env: ["A=1"] },
      rootfs: { diff_ids: [layer.digest] },
    };
    const manifest = { config: keep(JSON.stringify(config)), layers: [layer] };
    return { ...keep(JSON.stringify(manifest)), platform: { architecture } };
  };
  const list = keep(JSON.stringify({ manifests: [of("arm64"), of("amd64")] }));
  writeFileSync(join(layout, "index.json"), JSON.stringify({ manifests: [list] }));

  const file = join(folder, "image.tar");
  await archiveImage(file, layout, "amd64", { B: "2" });
  const { config, layers } = read(unpacked(file));
  expect(config).toMatchObject({ architecture: "amd64", config: { Env: ["A=1", "B=2"] } });
  expect(layers.map(({ content }) => content.toString())).toEqual(["layer of amd64"]);
});
