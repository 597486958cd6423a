/** Where nothing can be written: a container with a read-only root, a full disk, a file in the way. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createHost } from "../../src/host/host.ts";
import { findJournals } from "../../src/host/journal.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const NOTHING = { kind: "command", title: "nothing", do: ["true"], undo: [["true"]] } as const;

test("a journal that cannot be made, because a file is in the way, is named with the way out", async () => {
  writeFileSync(join(folder, "file"), "");
  const journalDirectory = join(folder, "file/tare/journal");
  const { effects } = createHost({ root: ROOT, journalDirectory });
  await expect(effects.scope("test").perform(NOTHING)).rejects.toMatchObject({
    kind: "host-unfit",
    message: expect.stringMatching(/tare\/journal.*ENOTDIR/) as string,
    hint: expect.stringContaining("TARE_JOURNAL") as string,
  });
});

test("a folder of journals that cannot be looked into is not one without journals", async () => {
  writeFileSync(join(folder, "no-folder"), "");
  for (const path of ["no-folder", "no-folder/journal"])
    await expect(findJournals(join(folder, path))).rejects.toMatchObject({
      kind: "host-unfit",
      message: expect.stringMatching(/^cannot look for journals in .*no-folder.*: ENOTDIR/) as string,
      hint: expect.stringContaining("TARE_JOURNAL") as string,
    });
  expect(await findJournals(join(folder, "not-there-yet"))).toEqual([]);
});

test("a folder or a file of a turn that cannot be written fails that turn, not the program", async () => {
  const host = createHost({ root: ROOT, journalDirectory: join(folder, "journal") });
  writeFileSync(join(folder, "tare-file"), "");
  const refused = { kind: "run-failed", message: expect.stringContaining("tare-file") as string };
  const scope = host.effects.scope("test");
  await expect(scope.perform({ kind: "directory", path: join(folder, "tare-file/x") })).rejects.toMatchObject(
    refused,
  );
  await expect(host.makeDirectory(join(folder, "tare-file/y"))).rejects.toMatchObject(refused);
  await expect(host.writeText(join(folder, "tare-file/z"), "")).rejects.toMatchObject(refused);
  expect(await scope.undo()).toEqual([]);
});

/** Runs a module in a mount namespace of its own, with a file system of 64 KiB on `place`. */
const onSmallDisk = (place: string, options: string, body: string): unknown => {
  mkdirSync(place);
  const program = `
    import { writeFileSync } from "node:fs";
    import { createHost } from ${JSON.stringify(join(ROOT, "src/host/host.ts"))};
    import { cleanUp } from ${JSON.stringify(join(ROOT, "src/host/effects.ts"))};
    import { findJournals } from ${JSON.stringify(join(ROOT, "src/host/journal.ts"))};
    const place = ${JSON.stringify(place)};
    const caught = async (work) => await work.then(() => "done", ({ kind, message }) => ({ kind, message }));
    const said = await (async () => { ${body} })();
    console.log(JSON.stringify(said));
  `;
  const mounted = 'mount -t tmpfs -o "$0" none "$1" && shift && exec "$@"';
  const inside = [options, place, process.execPath, "--input-type=module-typescript", "-e", program];
  const ran = spawnSync("unshare", ["--mount", "--propagation", "private", "sh", "-c", mounted, ...inside], {
    encoding: "utf8",
  });
  expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(ran.stdout);
};

describe.skipIf(process.getuid?.() !== 0)(
  "on a disk that cannot be written (needs root for its mount)",
  () => {
    test("no journal is begun, and the reason is the system's", () => {
      const said = onSmallDisk(
        join(folder, "never"),
        "ro",
        `const { effects } = createHost({ root: "/", journalDirectory: place + "/deep/tare/journal" });
       return await caught(effects.scope("test").perform(${JSON.stringify(NOTHING)}));`,
      );
      expect(said).toEqual({
        kind: "host-unfit",
        message: expect.stringContaining("EROFS: read-only file system") as string,
      });
    });

    test("what was never made there is not left there, for this process and for the next", () => {
      const said = onSmallDisk(
        join(folder, "cgroups"),
        "ro",
        `const journal = ${JSON.stringify(join(folder, "tare-j"))};
       const scope = createHost({ root: "/", journalDirectory: journal }).effects.scope("turn");
       const made = await caught(scope.perform({ kind: "cgroup", path: place + "/tare-7" }));
       const [found] = await findJournals(journal);
       const next = await cleanUp(journal, found);
       return { made, next: next.problems, own: await scope.undo() };`,
      );
      expect(said).toEqual({
        made: { kind: "run-failed", message: expect.stringContaining("EROFS") as string },
        next: [],
        own: [],
      });
    });

    test("a disk that is full keeps nothing from being undone", () => {
      const said = onSmallDisk(
        join(folder, "full"),
        "size=64k",
        `const mark = ${JSON.stringify(join(folder, "full-mark"))};
       const scope = createHost({ root: "/", journalDirectory: place + "/tare/journal" }).effects.scope("run");
       for (const name of ["a", "b"]) await scope.perform({ kind: "command", title: name, do: ["touch", mark + name], undo: [["rm", mark + name]] });
       try { writeFileSync(place + "/filler", Buffer.alloc(200_000)); } catch {}
       const filler = "x".repeat(8000);
       const next = await caught(scope.perform({ kind: "command", title: filler, do: ["touch", mark + "c"], undo: [] }));
       const problems = await scope.undo();
       const { existsSync } = await import("node:fs");
       return { next, problems, marks: ["a", "b", "c"].map((name) => existsSync(mark + name)) };`,
      );
      expect(said).toEqual({
        next: { kind: "host-unfit", message: expect.stringContaining("ENOSPC") as string },
        problems: [],
        marks: [false, false, false],
      });
    });
  },
);
