/** Real archives, made here, fetched from a real server on loopback and unpacked by the real code into a folder of the test's own. */
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { VendorRelease } from "../../src/domain/agent.ts";
import { messageOf } from "../../src/domain/errors.ts";
import { createHost } from "../../src/host/host.ts";
import { installRelease } from "../../src/install/vendor.ts";
import { removeRelease } from "../../src/install/remove.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const host = createHost({
  root: resolve(import.meta.dirname, "../.."),
  journalDirectory: join(folder, "journal"),
});
const AS_ROOT = process.getuid?.() === 0;
const NEEDS_ROOT = "mounting a small file system needs root";

let count = 0;
const place = (): string => join(folder, `opt-${++count}`, "tare", "agents");
const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** The first bytes of an ELF program: magic, 64 bit, little-endian, and the machine at offset 18. */
const elf = (machine: number): Buffer => {
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(machine, 18);
  return header;
};
const MACHINE = { x86_64: 62, aarch64: 183 } as const;
const OWN = host.arch === "aarch64" ? MACHINE.aarch64 : MACHINE.x86_64;
const OTHER = host.arch === "aarch64" ? MACHINE.x86_64 : MACHINE.aarch64;

interface Tree {
  readonly [path: string]: Buffer | string;
}

const plant = (tree: Tree): string => {
  const root = join(folder, `tree-${++count}`);
  mkdirSync(root);
  for (const [path, content] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    if (path.includes("bin/")) chmodSync(join(root, path), 0o4777);
  }
  return root;
};

const archived = (name: string, tree: string, more: readonly string[] = []): string => {
  const path = join(folder, `${++count}-${name}`);
  execFileSync("tar", ["-C", tree, "-P", "-czf", path, ...more, "."]);
  return path;
};

const RELEASE: Tree = {
  "watchdoge-1.0/usr/bin/watchdoge": elf(OWN),
  "watchdoge-1.0/usr/lib/probe.o": elf(247),
  "watchdoge-1.0/install.sh": `#!/bin/sh\ntouch ${folder}/the-vendors-script-ran\n`,
};

const releaseOf = (url: string, digest: string | null): VendorRelease => ({
  version: "1.0",
  checksumsFrom: "a test",
  files: { [host.arch]: { url, sha256: digest } },
});

/** A release whose file is already here. */
const local = (path: string): { id: string; release: VendorRelease; from: string; sha256: string } => ({
  id: "watchdoge",
  release: releaseOf("https://vendor.invalid/watchdoge-1.0.tar.gz", null),
  from: path,
  sha256: sha256(path),
});

/** What a failed installation leaves: nothing, not even the folders that it made. */
const nothingIn = (where: string): boolean =>
  !existsSync(dirname(where)) || readdirSync(dirname(where)).length === 0;

describe("a release", () => {
  test("is unpacked, runs no script, has no set-user-id bit, belongs to us, and says where it came from", async () => {
    const where = place();
    const path = archived("watchdoge.tar.gz", plant(RELEASE), ["--owner=4711", "--group=4711"]);
    const done = await installRelease(host, local(path), where);
    expect(done).toMatchObject({ already: false, strayLinks: [] });
    const program = join(done.folder, "watchdoge-1.0/usr/bin/watchdoge");
    expect(readFileSync(program)).toEqual(elf(OWN));
    expect(statSync(program).mode & 0o7777).toBe(0o755);
    expect(statSync(program).uid).toBe(process.getuid?.());
    expect(existsSync(join(folder, "the-vendors-script-ran"))).toBe(false);
    expect(JSON.parse(readFileSync(join(done.folder, ".tare-release.json"), "utf8"))).toMatchObject({
      from: path,
      sha256: sha256(path),
    });
    expect(readdirSync(where)).toEqual(["watchdoge"]);
  });

  /** As rpm(8) makes them, with two empty headers: what is in an RPM package begins behind them. */
  const rpmOf = (payload: string): Buffer => {
    const header = Buffer.from([0x8e, 0xad, 0xe8, 1, ...new Uint8Array(12)]);
    const lead = Buffer.concat([Buffer.from([0xed, 0xab, 0xee, 0xdb, 3]), Buffer.alloc(91)]);
    return Buffer.concat([lead, header, header, readFileSync(payload)]);
  };

  describe.each(["osquery_5.23.1-1.linux_amd64.deb", "watchdoge-1.0.tar.gz"])(
    "is unpacked by what the file is, where the vendor's is called %s:",
    (name) => {
      const unpacked = async (path: string): Promise<string> => {
        const release = releaseOf(`https://vendor.invalid/${name}`, null);
        const choice = { id: "watchdoge", release, from: path, sha256: sha256(path) };
        return (await installRelease(host, choice, place())).folder;
      };

      test.each([["tar"], ["tar.gz", "-z"], ["tar.zst", "--zstd"]])("a %s", async (ending, ...packed) => {
        const path = join(folder, `${++count}.${ending}`);
        execFileSync("bsdtar", ["-C", plant(RELEASE), ...packed, "-cf", path, "."]);
        const done = await unpacked(path);
        expect(readFileSync(join(done, "watchdoge-1.0/usr/bin/watchdoge"))).toEqual(elf(OWN));
      });

      test.each([
        ["tar.xz", "--xz"],
        ["tar.bz2", "--bzip2"],
        ["zip", "--format=zip"],
        ["cpio", "--format=newc"],
        ["7z", "--format=7zip"],
      ])("a %s", async (ending, packed) => {
        const path = join(folder, `${++count}.${ending}`);
        execFileSync("bsdtar", ["-C", plant(RELEASE), packed, "-cf", path, "."]);
        const done = await unpacked(path);
        const program = join(done, "watchdoge-1.0/usr/bin/watchdoge");
        expect(readFileSync(program)).toEqual(elf(OWN));
        expect(statSync(program).mode & 0o7777).toBe(0o755);
        expect(existsSync(join(folder, "the-vendors-script-ran"))).toBe(false);
      });

      test("an RPM package", async () => {
        const payload = join(folder, `${++count}.cpio.gz`);
        execFileSync("bsdtar", ["-C", plant(RELEASE), "--format=newc", "-z", "-cf", payload, "."]);
        const path = join(folder, `${count}.rpm`);
        writeFileSync(path, rpmOf(payload));
        const done = await unpacked(path);
        expect(readFileSync(join(done, "watchdoge-1.0/usr/bin/watchdoge"))).toEqual(elf(OWN));
      });
    },
  );

  test("is unpacked below whichever folder its user names, and what is around that stays", async () => {
    const where = join(folder, `mine-${++count}`, "agents");
    const done = await installRelease(host, local(archived("watchdoge.tar.gz", plant(RELEASE))), where);
    expect(readdirSync(where)).toEqual(["watchdoge"]);
    expect(existsSync(join(done.folder, "watchdoge-1.0/usr/bin/watchdoge"))).toBe(true);
    expect(await removeRelease("watchdoge", where)).toBe(true);
    expect(existsSync(where)).toBe(false);
    expect(existsSync(dirname(where))).toBe(true);
  });

  test.each([
    ["below a file", (at: string) => join(at, "file", "more"), /no folder: move it away/],
    ["where its name is a file's", (at: string) => join(at, "taken"), /something else stands there/],
    ["where no folder can be made", () => "/proc/tare-test", /no folder can be made there/],
  ])("is refused %s with what belongs to that", async (_, whereIn, hint) => {
    const at = join(folder, `mine-${++count}`);
    mkdirSync(join(at, "taken"), { recursive: true });
    writeFileSync(join(at, "file"), "x");
    writeFileSync(join(at, "taken", "watchdoge"), "x");
    const path = archived("watchdoge.tar.gz", plant(RELEASE));
    await expect(installRelease(host, local(path), whereIn(at))).rejects.toMatchObject({
      kind: "host-unfit",
      hint: expect.stringMatching(hint) as string,
    });
    expect(readdirSync(join(at, "taken"))).toEqual(["watchdoge"]);
  });

  test("is not unpacked twice, and another one takes its place", async () => {
    const where = place();
    const first = archived("watchdoge.tar.gz", plant(RELEASE));
    const done = await installRelease(host, local(first), where);
    const inode = statSync(done.folder).ino;
    expect(await installRelease(host, local(first), where)).toMatchObject({
      already: true,
      folder: done.folder,
    });
    expect(statSync(done.folder).ino).toBe(inode);

    const second = archived("watchdoge.tar.gz", plant({ ...RELEASE, "watchdoge-1.0/new": "" }));
    const replaced = await installRelease(host, local(second), where);
    expect(replaced.version).toBe(`custom-${sha256(second).slice(0, 12)}`);
    expect(readdirSync(join(where, "watchdoge"))).toEqual([replaced.version]);
    expect(readdirSync(where)).toEqual(["watchdoge"]);
  });

  test("has the vendor's version where the checksum is the adapter's, and is found in a folder by its name", async () => {
    const where = place();
    const made = archived("watchdoge.tar.gz", plant(RELEASE));
    const usb = join(folder, "usb");
    mkdirSync(usb);
    execFileSync("cp", [made, join(usb, "watchdoge-1.0.tar.gz")]);
    const release = releaseOf("https://vendor.invalid/watchdoge-1.0.tar.gz", sha256(made));
    const done = await installRelease(host, { id: "watchdoge", release, from: usb }, where);
    expect(done.version).toBe("1.0");
    await expect(
      installRelease(host, { id: "watchdoge", release, from: join(folder, "journal") }, where),
    ).rejects.toThrow(/no such file or folder|there is no watchdoge-1\.0\.tar\.gz in it/);
  });

  test("is not called the vendor's for its name, where no checksum of the vendor's is known", async () => {
    const made = archived("watchdoge-1.0.tar.gz", plant(RELEASE));
    const digest = sha256(made);
    const done = await installRelease(host, local(made), place());
    expect(done.version).toBe(`custom-${digest.slice(0, 12)}`);
  });

  test("may be a Debian package, of which no script runs", async (ctx) => {
    ctx.skip((await host.which("dpkg-deb")) === undefined, "dpkg-deb is not here");
    const where = place();
    const tree = plant({
      "DEBIAN/control":
        "Package: watchdoge\nVersion: 1.0\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n",
      "DEBIAN/postinst": `#!/bin/sh\ntouch ${folder}/the-vendors-script-ran\n`,
      "opt/watchdoge/bin/watchdoge": elf(OWN),
    });
    chmodSync(join(tree, "DEBIAN/postinst"), 0o755);
    mkdirSync(join(tree, "usr/bin"), { recursive: true });
    symlinkSync("/opt/watchdoge/bin/watchdoge", join(tree, "usr/bin/watchdoge"));
    symlinkSync("watchdoge", join(tree, "opt/watchdoge/bin/wd"));
    const path = join(folder, "watchdoge.deb");
    execFileSync("dpkg-deb", ["--build", "--root-owner-group", tree, path], { stdio: "ignore" });
    const release = releaseOf("https://vendor.invalid/watchdoge.deb", sha256(path));
    const done = await installRelease(host, { id: "watchdoge", release, from: path }, where);
    expect(done.strayLinks).toEqual(["./usr/bin/watchdoge"]);
    expect(readFileSync(join(done.folder, "opt/watchdoge/bin/wd"))).toEqual(elf(OWN));
    expect(existsSync(join(done.folder, "usr/bin/watchdoge"))).toBe(false);
    expect(existsSync(join(folder, "the-vendors-script-ran"))).toBe(false);
  });

  test("is removed with the folders that were made for it, but not while something runs from it", async () => {
    const where = place();
    const tree = plant({});
    mkdirSync(join(tree, "bin"));
    execFileSync("cp", [
      execFileSync("which", ["sleep"], { encoding: "utf8" }).trim(),
      join(tree, "bin/watchdoge"),
    ]);
    const done = await installRelease(host, local(archived("watchdoge.tar.gz", tree)), where);
    const running = await host.start({
      command: join(done.folder, "bin/watchdoge"),
      args: ["600"],
      stdout: join(folder, "out"),
      stderr: join(folder, "err"),
    });
    // Between fork and exec it is not yet that program.
    const isIt = async (): Promise<boolean> =>
      (await host.run("readlink", [`/proc/${running.pid}/exe`])).stdout.includes(done.folder);
    while (!(await isIt())) await host.sleep(10);
    await expect(removeRelease("watchdoge", where)).rejects.toThrow(
      new RegExp(`in use by pid ${running.pid}`),
    );
    host.signal(running.pid, "SIGKILL");
    await running.exited;
    expect(await removeRelease("watchdoge", where)).toBe(true);
    expect(existsSync(where)).toBe(false);
    expect(await removeRelease("watchdoge", where)).toBe(false);
  });
});

describe("nothing is half-installed when", () => {
  const outcome = async (path: string): Promise<{ message: string; left: boolean }> => {
    const where = place();
    const message = await installRelease(host, local(path), where).then(() => "it was installed", messageOf);
    return { message, left: !nothingIn(where) };
  };
  const refusedFor = (message: RegExp): unknown => ({ message: expect.stringMatching(message), left: false });

  test("the checksum is another", async () => {
    const where = place();
    const path = archived("watchdoge.tar.gz", plant(RELEASE));
    const other = "0".repeat(64);
    await expect(installRelease(host, { ...local(path), sha256: other }, where)).rejects.toThrow(
      new RegExp(`has the SHA-256 ${sha256(path)}, and ${other} was expected`),
    );
    expect(nothingIn(where)).toBe(true);
  });

  test("the programs are for another machine", async () => {
    expect(
      await outcome(
        archived("watchdoge.tar.gz", plant({ "bin/watchdoge": elf(OTHER), "probe.o": elf(247) })),
      ),
    ).toEqual(
      refusedFor(
        new RegExp(
          `programs are for ${host.arch === "aarch64" ? "x86_64" : "aarch64"}, and ${host.arch} is wanted`,
        ),
      ),
    );
  });

  test.each([
    ["a page of a proxy", "<html>you shall not pass</html>", /that is a web page and no archive/],
    [
      "noise",
      Buffer.from(Array.from({ length: 4000 }, (_, index) => (index * 7919) % 251)),
      /that is no archive, or not a whole one/,
    ],
    ["nothing", "", /that is empty/],
    ["a program", elf(OWN), /that is a program and no archive/],
    ["a script", "#!/bin/sh\n", /that is a script and no archive/],
    ["the beginning of a package", "!<arch>\n", /begins as a Debian package and is no whole one: dpkg-deb/],
    ["the beginning of an xz archive", "\u00fd7zXZ\0", /begins as an xz archive and is no whole one: bsdtar/],
    [
      "the beginning of a zip archive",
      "PK\u0003\u0004",
      /begins as a zip archive and is no whole one: bsdtar/,
    ],
  ])("the file is no archive but %s", async (_, content, said) => {
    const path = join(folder, `${++count}.tar.gz`);
    writeFileSync(path, content, "latin1");
    expect(await outcome(path)).toEqual(refusedFor(said));
  });

  test("what unpacks it is not here", async () => {
    const path = join(folder, `${++count}.rpm`);
    writeFileSync(path, Buffer.from([0xed, 0xab, 0xee, 0xdb, 3, 0]));
    const bare = { ...host, which: () => Promise.resolve(undefined) };
    const where = place();
    await expect(installRelease(bare, local(path), where)).rejects.toMatchObject({
      kind: "host-unfit",
      message: "that is an RPM package: unpacking it needs bsdtar, which is not here",
      hint: expect.stringContaining("libarchive") as string,
    });
    expect(nothingIn(where)).toBe(true);
  });

  test("the archive ends early", async () => {
    const path = archived("watchdoge.tar.gz", plant(RELEASE));
    truncateSync(path, statSync(path).size - 30);
    expect(await outcome(path)).toEqual(
      refusedFor(/that is no archive, or not a whole one: .*unexpected end/),
    );
  });

  test.each([
    [
      "climbs out by its path",
      "--transform=s,^./bin/watchdoge,../../../evil,",
      /evil: its path has a "\.\."/,
    ],
    [
      "names an absolute path",
      `--transform=s,^./bin/watchdoge,${folder}/evil,`,
      /evil: its path is absolute/,
    ],
  ])("an entry %s", async (_, transform, message) => {
    expect(
      await outcome(archived("watchdoge.tar.gz", plant({ "bin/watchdoge": elf(OWN) }), [transform])),
    ).toEqual(refusedFor(message));
    expect(existsSync(join(folder, "evil"))).toBe(false);
  });

  test("an entry is a device or a pipe", async () => {
    const tree = plant(RELEASE);
    execFileSync("mkfifo", [join(tree, "pipe")]);
    expect(await outcome(archived("watchdoge.tar.gz", tree))).toEqual(refusedFor(/pipe: it is a FIFO/));
  });

  test("a file would be written through a link that points outside", async () => {
    const target = join(folder, "outside");
    mkdirSync(target);
    const first = plant({});
    symlinkSync(target, join(first, "way"));
    const path = join(folder, `${++count}-watchdoge.tar`);
    execFileSync("tar", ["-C", first, "-cf", path, "way"]);
    execFileSync("tar", ["-C", plant({ "way/evil": "" }), "-rf", path, "way/evil"]);
    execFileSync("gzip", [path]);
    const where = place();
    const done = await installRelease(host, local(`${path}.gz`), where);
    // The link is left out, so the file lands in a folder of that name inside.
    expect(done.strayLinks).toEqual(["way"]);
    expect(readdirSync(target)).toEqual([]);
    expect(existsSync(join(done.folder, "way/evil"))).toBe(true);
  });

  test("no checksum is known and none is given, and what is given must be one", async () => {
    const { sha256: digest, ...rest } = local(archived("watchdoge.tar.gz", plant(RELEASE)));
    const where = place();
    await expect(installRelease(host, rest, where)).rejects.toThrow(
      /no published checksum of watchdoge-1\.0/,
    );
    await expect(installRelease(host, { ...rest, sha256: digest.slice(1) }, where)).rejects.toThrow(
      /not 64 hexadecimal digits/,
    );
    expect(nothingIn(where)).toBe(true);
  });

  test("the vendor has none for this machine", async () => {
    const release: VendorRelease = {
      checksumsFrom: "a test",
      version: "1.0",
      files: { riscv64: { url: "https://vendor.invalid/x", sha256: null } },
    };
    await expect(installRelease(host, { id: "watchdoge", release }, place())).rejects.toThrow(
      new RegExp(`not offered for ${host.arch}; there is one for riscv64`),
    );
  });
});

describe("over the network", () => {
  let server: Server;
  let base = "";
  let archive = "";
  const answers: Record<string, (response: ServerResponse) => void> = {
    "/watchdoge-1.0.tar.gz": (response) => {
      response.setHeader("content-length", statSync(archive).size);
      response.end(readFileSync(archive));
    },
    "/moved": (response) => {
      response.writeHead(302, { location: "/watchdoge-1.0.tar.gz" }).end();
    },
    "/broken": (response) => {
      response.setHeader("content-length", 100_000);
      response.write("a beginning");
      setImmediate(() => response.destroy());
    },
    "/hanging": (response) => {
      response.setHeader("content-length", 100_000);
      response.write("a beginning");
    },
    "/endless": (response) => {
      const block = Buffer.alloc(2 ** 20);
      let sent = 0;
      const more = (): void => {
        sent += 1;
        if (sent > 64) response.end();
        else response.write(block, more);
      };
      more();
    },
  };
  beforeAll(async () => {
    archive = archived("watchdoge.tar.gz", plant(RELEASE));
    server = createServer((request, response) => {
      const answer = answers[request.url ?? ""];
      if (answer === undefined) response.writeHead(404).end("no such file");
      else answer(response);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test("it comes from the vendor, from where the vendor redirects to, or from a mirror's folder", async () => {
    for (const [url, from] of [
      ["/watchdoge-1.0.tar.gz", undefined],
      ["/moved", undefined],
      ["/elsewhere/watchdoge-1.0.tar.gz", `${base}/`],
    ] as const) {
      const release = releaseOf(`${base}${url}`, sha256(archive));
      const choice = { id: "watchdoge", release, ...(from === undefined ? {} : { from }) };
      const done = await installRelease(host, choice, place());
      expect(existsSync(join(done.folder, "watchdoge-1.0/usr/bin/watchdoge"))).toBe(true);
      expect(done.version).toBe("1.0");
    }
  });

  test("it is the vendor's without a known checksum where it comes from the vendor's address alone", async () => {
    const release = releaseOf(`${base}/watchdoge-1.0.tar.gz`, null);
    const choice = { id: "watchdoge", release, sha256: sha256(archive) };
    expect((await installRelease(host, choice, place())).version).toBe("1.0");
    const mirror = releaseOf("https://vendor.invalid/watchdoge-1.0.tar.gz", null);
    const mirrored = await installRelease(host, { ...choice, release: mirror, from: `${base}/` }, place());
    expect(mirrored.version).toBe(`custom-${sha256(archive).slice(0, 12)}`);
  });

  test.each([
    ["the file is gone", () => `${base}/gone`, /\/gone answers 404/],
    ["the connection breaks", () => `${base}/broken`, /\/broken broke off after \d+ bytes/],
    [
      "there is no network",
      () => "http://127.0.0.1:1/x",
      /cannot reach http:\/\/127\.0\.0\.1:1\/x: .*ECONNREFUSED|bad port/,
    ],
    [
      "nobody has that name",
      () => "http://vendor.invalid/x",
      /cannot reach http:\/\/vendor\.invalid\/x: .*(ENOTFOUND|EAI_AGAIN)/,
    ],
  ])("nothing stays when %s, and --from is named as the way", async (_, url, message) => {
    const where = place();
    const attempt = installRelease(
      host,
      { id: "watchdoge", release: releaseOf(url(), sha256(archive)) },
      where,
    );
    await expect(attempt).rejects.toMatchObject({
      message: expect.stringMatching(message) as string,
      hint: expect.stringContaining("--from") as string,
    });
    expect(nothingIn(where)).toBe(true);
  });

  test("nothing stays when it is interrupted, and the interruption is the answer", async () => {
    const where = place();
    const interruption = new AbortController();
    const release = releaseOf(`${base}/hanging`, sha256(archive));
    const attempt = installRelease(host, { id: "watchdoge", release }, where, interruption.signal);
    const begun = async (): Promise<boolean> =>
      (await host.list(where)).some((name) => existsSync(join(where, name, "archive")));
    const waiting = (async () => {
      while (!(await begun())) await host.sleep(5);
      interruption.abort(new Error("Ctrl-C"));
    })();
    await expect(attempt).rejects.toThrow("Ctrl-C");
    await waiting;
    expect(nothingIn(where)).toBe(true);
  });

  test("a disk that is too small is seen beforehand, and one that fills up leaves nothing", async (ctx) => {
    ctx.skip(!AS_ROOT, NEEDS_ROOT);
    const disk = join(folder, "tare-small-disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]);
    try {
      const where = join(disk, "tare", "agents");
      const big = archived(
        "watchdoge.tar.gz",
        plant({ ...RELEASE, "watchdoge-1.0/big": randomBytes(20 * 2 ** 20) }),
      );
      await expect(installRelease(host, local(big), where)).rejects.toThrow(
        /it needs 36\.\d MiB .* MiB are free/,
      );
      expect(readdirSync(disk)).toEqual([]);
      const release = releaseOf(`${base}/endless`, "0".repeat(64));
      await expect(installRelease(host, { id: "watchdoge", release }, where)).rejects.toThrow(/no room left/);
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});
