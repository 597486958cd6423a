import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RecordLine } from "../../src/domain/record.ts";
import { readRecord } from "../../src/record/reader.ts";
import { createRecord } from "../../src/record/writer.ts";
import { HEADER, blockLine } from "../support/record-lines.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

test("a record on a full disk fails with what to do, keeps what was written, and goes on once there is room", async (context) => {
  const disk = join(folder, "small-disk");
  mkdirSync(disk);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]);
  if (mounted.status !== 0)
    return context.skip(`no small disk can be mounted here: ${mounted.stderr.toString().trim()}`);
  try {
    const path = join(disk, "record.jsonl");
    const writer = await createRecord(path);
    await writer.append(HEADER);
    const filler = join(disk, "filler");
    writeFileSync(filler, Buffer.alloc(56 * 1024));
    const big: RecordLine = { ...HEADER, type: "header", run: "x".repeat(16 * 1024) };
    await expect(writer.append(big)).rejects.toMatchObject({
      kind: "record-failed",
      message: expect.stringContaining("ENOSPC"),
      hint: expect.stringContaining("--resume"),
    });
    expect(await readRecord(path)).toMatchObject({ problems: [], lines: [{ type: "header" }] });
    rmSync(filler);
    await writer.append(blockLine(0));
    await writer.close();
    expect(await readRecord(path)).toMatchObject({
      problems: [],
      lines: [{ type: "header" }, { type: "block" }],
    });
  } finally {
    spawnSync("umount", [disk]);
  }
});
