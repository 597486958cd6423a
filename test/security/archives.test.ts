/** Archives that try to leave their folder, to bring rights along, or to fill the disk. Each as tar and as a Debian package. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { createHost } from "../../src/host/host.ts";
import { inspect } from "../../src/install/archive.ts";
import { installRelease } from "../../src/install/vendor.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const host = createHost({ root: ROOT, journalDirectory: join(folder, "journal") });
const hasDpkg = (await host.which("dpkg-deb")) !== undefined;

const BLOCK = 512;
const TYPES = { file: "0", hardLink: "1", link: "2", characters: "3", blocks: "4", folder: "5", pipe: "6" };

interface Entry {
  readonly path: string;
  readonly type?: keyof typeof TYPES;
  readonly to?: string;
  readonly text?: string;
  readonly mode?: number;
}

/** Written by hand: no archiver makes what is tried here. */
const headerOf = ({ path, type = "file", to = "", text = "", mode = 0o644 }: Entry): Buffer => {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at);
  };
  header.write(path, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(text.length, 124, 12);
  octal(0, 136, 12);
  header.write(TYPES[type], 156);
  header.write(to, 157);
  header.write("ustar\x0000", 257);
  header.fill(" ", 148, 156);
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return header;
};

const tarOf = (entries: readonly Entry[]): Buffer =>
  Buffer.concat([
    ...entries.flatMap((entry) => {
      const body = Buffer.alloc(Math.ceil((entry.text ?? "").length / BLOCK) * BLOCK);
      body.write(entry.text ?? "");
      return [headerOf(entry), body];
    }),
    Buffer.alloc(2 * BLOCK),
  ]);

const CONTROL = "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n";

const arOf = (members: Readonly<Record<string, Buffer>>): Buffer =>
  Buffer.concat([
    Buffer.from("!<arch>\n"),
    ...Object.entries(members).flatMap(([name, body]) => [
      Buffer.from(
        `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(body.length).padEnd(10)}\`\n`,
      ),
      body,
      Buffer.alloc(body.length % 2, "\n"),
    ]),
  ]);

const FORMATS = {
  "tar.gz": (tar: Buffer) => gzipSync(tar),
  deb: (tar: Buffer) =>
    arOf({
      "debian-binary": Buffer.from("2.0\n"),
      "control.tar.gz": gzipSync(tarOf([{ path: "control", text: CONTROL }])),
      "data.tar.gz": gzipSync(tar),
    }),
} as const;
type Format = keyof typeof FORMATS;

let count = 0;

/** Installs what is in the archive; what came of it, and where. */
const installed = async (format: Format, tar: Buffer) => {
  const path = join(folder, `${++count}.${format}`);
  const bytes = FORMATS[format](tar);
  writeFileSync(path, bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const where = join(folder, `opt-${count}`, "tare", "agents");
  const url = "https://vendor.invalid/x";
  const files = { [host.arch]: { url, sha256: null, format } } as const;
  const release = { version: "1.0", checksumsFrom: "a test", files };
  const choice = { id: "x", release, from: path, sha256 };
  const outcome = await installRelease(host, choice, where).then(
    (done) => ({ done, refused: undefined }),
    (error: unknown) => ({ done: undefined, refused: String(error) }),
  );
  return { ...outcome, where };
};

const outside = join(folder, "outside");
beforeAll(() => {
  mkdirSync(outside);
  writeFileSync(join(outside, "precious"), "as it was");
});
const untouched = (): void => {
  expect(readdirSync(outside)).toEqual(["precious"]);
  expect(readFileSync(join(outside, "precious"), "utf8")).toBe("as it was");
  expect(statSync(join(outside, "precious")).nlink).toBe(1);
};

/** From the folder into which it is unpacked (`opt-N/tare/agents/.incoming-PID/tree`). */
const UP = "../../../../../outside";

const REFUSED: readonly (readonly [what: string, entries: readonly Entry[], why: RegExp])[] = [
  ["a path that climbs", [{ path: `${UP}/evil`, text: "x" }], /its path has a ".."/],
  ["a path that climbs from within", [{ path: `a/../../${UP}/evil`, text: "x" }], /its path has a ".."/],
  ["an absolute path", [{ path: "/tmp/tare-evil", text: "x" }], /its path is absolute/],
  ["a device for characters", [{ path: "null", type: "characters" }], /it is a CharacterDevice/],
  ["a device for blocks", [{ path: "disk", type: "blocks" }], /it is a BlockDevice/],
  ["a pipe", [{ path: "pipe", type: "pipe" }], /it is a FIFO/],
];

const MANY: readonly (readonly [what: string, entries: readonly Entry[]])[] = [
  [
    "a file through a link",
    [
      { path: "way", type: "link", to: UP },
      { path: "way/evil", text: "x" },
    ],
  ],
  [
    "a file through an absolute link",
    [
      { path: "way", type: "link", to: outside },
      { path: "way/evil", text: "x" },
    ],
  ],
  [
    "a file onto a link",
    [
      { path: "evil", type: "link", to: `${UP}/precious` },
      { path: "evil", text: "x" },
    ],
  ],
  ["a hard link", [{ path: "evil", type: "hardLink", to: `${UP}/precious` }]],
  [
    "a hard link through a link",
    [
      { path: "way", type: "link", to: UP },
      { path: "evil", type: "hardLink", to: "way/precious" },
      { path: "evil", text: "x" },
    ],
  ],
  [
    "a link that climbs through another",
    [
      { path: "a/b/c/d/e", type: "folder" },
      { path: "a/b/c/d/e/root", type: "link", to: "../../../../.." },
      // By its words that is a/outside.
      { path: "deep", type: "link", to: `a/b/c/d/e/root/${UP}` },
      { path: "deep/evil", text: "x" },
    ],
  ],
  [
    "a folder that becomes a link",
    [
      { path: "way", type: "folder" },
      { path: "way", type: "link", to: UP },
      { path: "way/evil", text: "x" },
    ],
  ],
];

describe.each(Object.keys(FORMATS) as Format[])("a release as %s", (format) => {
  test.skipIf(format === "deb" && !hasDpkg).each(REFUSED)(
    "with %s is refused whole",
    async (_, entries, why) => {
      const { refused, where } = await installed(format, tarOf([{ path: "good", text: "x" }, ...entries]));
      expect(refused).toMatch(why);
      expect(existsSync(dirname(where))).toBe(false);
      untouched();
    },
  );

  test.skipIf(format === "deb" && !hasDpkg).each(MANY)(
    "with %s writes nothing outside",
    async (_, entries) => {
      const { done } = await installed(format, tarOf(entries));
      untouched();
      if (done === undefined) return;
      // A link that was unpacked all the same leads to what was unpacked.
      const links = execFileSync("find", [done.folder, "-type", "l", "-exec", "realpath", "-m", "{}", "+"], {
        encoding: "utf8",
      });
      const strays = links
        .split("\n")
        .filter((path) => path !== "" && !`${path}/`.startsWith(`${done.folder}/`));
      expect(strays).toEqual([]);
      untouched();
    },
  );

  test.skipIf(format === "deb" && !hasDpkg)("brings no rights along", async () => {
    const { done } = await installed(
      format,
      tarOf([
        { path: "bin", type: "folder", mode: 0o7777 },
        { path: "bin/su", text: "x", mode: 0o6777 },
        { path: "conf", text: "x", mode: 0o666 },
      ]),
    );
    const modes = ["bin", "bin/su", "conf"].map(
      (name) => statSync(join(done?.folder ?? "", name)).mode & 0o7777,
    );
    expect(modes.map((mode) => mode.toString(8))).toEqual(["755", "755", "644"]);
  });
});

describe("a small archive that unpacks to much", () => {
  const MEBIBYTE = 2 ** 20;
  const bomb = (tar: Buffer): string => {
    const path = join(folder, `${++count}-bomb.tar.gz`);
    writeFileSync(path, gzipSync(tar));
    return path;
  };

  test("is not read to its end", async () => {
    const path = bomb(tarOf([{ path: "zeros", text: "\0".repeat(64 * MEBIBYTE) }]));
    expect(statSync(path).size).toBeLessThan(MEBIBYTE / 8);
    await expect(inspect(path, MEBIBYTE)).rejects.toMatchObject({
      kind: "host-unfit",
      message: "the archive is not to be trusted; it unpacks to more than 1 MiB",
    });
  });

  test("is seen where the bytes follow the archive's end, or are a lie of its header", async () => {
    const padded = Buffer.concat([tarOf([{ path: "a", text: "x" }]), Buffer.alloc(8 * MEBIBYTE)]);
    await expect(inspect(bomb(padded), MEBIBYTE)).rejects.toThrow(/unpacks to more than 1 MiB/);
    const header = headerOf({ path: "big" });
    header.write("77777777777\0", 124);
    header.fill(" ", 148, 156);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, "0")}\0`,
      148,
    );
    await expect(inspect(bomb(Buffer.concat([header, Buffer.alloc(BLOCK)])), MEBIBYTE)).rejects.toThrow(
      /unpacks to more than 1 MiB|not a whole one/,
    );
  });

  test("or to very many files is refused", async () => {
    const empty = headerOf({ path: "a" });
    const path = bomb(Buffer.concat(Array.from({ length: 60_000 }, () => empty)));
    await expect(inspect(path)).rejects.toThrow(/more than 50000 entries/);
  });
});
