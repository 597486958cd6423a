/** What a counting guest is made of: the same bytes from the same content, and the libraries that programs are linked with. */
import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { digestOf, packArchive } from "../../../src/machines/counting/initramfs.ts";
import { librariesFor, linkedIn } from "../../../src/machines/counting/libraries.ts";
import { NATIVE } from "../../../src/machines/guests.ts";
import { has } from "../../../src/machines/images/shell.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();
const canRead = (await has("readelf")) && NATIVE !== undefined;

const FILES = { "bin/tool": "program", "etc/passwd": "root:x:0:0", "tare/build/bpf/exec.bpf.o": "object" };

/** In the given order, with times and modes of their own. */
const makeTree = (name: string, files: readonly (readonly [string, string])[], mode: number): string => {
  const tree = join(folder, name);
  for (const [path, text] of files) {
    const file = join(tree, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
    utimesSync(file, 1_000_000 + mode, 2_000_000 + mode);
  }
  return tree;
};

test.skipIf(!(await has("cpio")))(
  "the same files make the same archive, whenever and by whom they were written",
  async () => {
    const entries = Object.entries(FILES);
    const [one, other] = [makeTree("one", entries, 0o700), makeTree("other", entries.toReversed(), 0o744)];
    await packArchive(one, join(folder, "one.cpio"));
    await packArchive(other, join(folder, "other.cpio"));
    expect(await digestOf(join(folder, "one.cpio"))).toBe(await digestOf(join(folder, "other.cpio")));

    const changed = makeTree("changed", [...entries, ["etc/group", "root:x:0:"]], 0o700);
    await packArchive(changed, join(folder, "changed.cpio"));
    expect(await digestOf(join(folder, "changed.cpio"))).not.toBe(await digestOf(join(folder, "one.cpio")));
    const { stdout } = await execa("cpio", ["--list", "--quiet"], {
      input: readFileSync(join(folder, "changed.cpio")),
    });
    expect(stdout.split("\n")).toContain("etc/group");
  },
);

describe("libraries", () => {
  test("are told by what readelf says of a program", () => {
    // readelf 2.40 of a dynamically linked program, shortened.
    const text = `  Machine:                           AArch64
      [Requesting program interpreter: /lib/ld-linux-aarch64.so.1]
 0x0000000000000001 (NEEDED)             Shared library: [libelf.so.1]
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
`;
    expect(linkedIn(text)).toEqual({
      machine: "AArch64",
      interpreter: "/lib/ld-linux-aarch64.so.1",
      needed: ["libelf.so.1", "libc.so.6"],
    });
    expect(linkedIn("readelf: Error: Not an ELF file")).toEqual({
      machine: undefined,
      interpreter: undefined,
      needed: [],
    });
  });

  test.skipIf(!canRead)("that are missing are named, with the program that needs them", async () => {
    await expect(librariesFor([process.execPath], join(folder, "empty"), NATIVE ?? "amd64")).rejects.toThrow(
      /node needs the library \S+, which the guest's Debian packages do not bring/,
    );
  });

  test.skipIf(!canRead)("are not looked for in a program of another architecture", async () => {
    const other = NATIVE === "arm64" ? "amd64" : "arm64";
    await expect(librariesFor([process.execPath], folder, other)).rejects.toThrow(
      new RegExp(`is for .*, and the guest is ${other}`),
    );
  });
});
