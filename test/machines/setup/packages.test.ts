/** Which Debian packages are missing, with a stand-in for dpkg-query. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { missingPackages } from "../../../src/machines/setup/packages.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();
afterEach(() => {
  vi.unstubAllEnvs();
});

test("a library that Debian 13 renamed for its 64-bit time is not missing", async () => {
  const query = join(folder, "dpkg-query");
  // As dpkg-query: asked for a name it knows nothing of what other packages provide, asked for all it lists that.
  writeFileSync(
    query,
    `#!/bin/sh
case $3 in
*Provides*) printf 'installed, libelf1 (= 0.192-4)\ninstalled, \n' ;;
*) for name; do case $name in libelf1t64 | zlib1g) printf "installed:%s " "$name" ;; esac; done ;;
esac
`,
  );
  chmodSync(query, 0o755);
  vi.stubEnv("PATH", `${folder}:${process.env["PATH"] ?? ""}`);
  expect(await missingPackages(["libelf1", "zlib1g", "libelf2"])).toEqual(["libelf2"]);
});
