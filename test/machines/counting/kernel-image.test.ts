import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { architectureOfKernel } from "../../../src/machines/counting/kernel-image.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();

test.each([
  ["amd64", 0x202, "HdrS", "amd64"],
  ["arm64", 0x38, "ARM\x64", "arm64"],
  ["arm64, packed", 4, "zimg", "arm64"],
  ["nobody knows what", 0, "MZ", undefined],
])("an image for %s is told by its mark", async (name, at, mark, architecture) => {
  const file = join(folder, name);
  const content = Buffer.alloc(4096);
  content.write(mark, at, "latin1");
  writeFileSync(file, content);
  expect(await architectureOfKernel(file)).toBe(architecture);
});

test("a file that is shorter than a head is no image", async () => {
  const file = join(folder, "short");
  writeFileSync(file, "x");
  expect(await architectureOfKernel(file)).toBeUndefined();
});
