/** What the image is made of, and what its lists say of it; the image itself is built and tried by `npm run image -- --check`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { CLONE } from "../../../src/machines/clone.ts";
import { packagesIn } from "../../../src/machines/container/debian-layer.ts";
import { krewManifest } from "../../../src/machines/container/krew.ts";
import { sbomOf } from "../../../src/machines/container/sbom.ts";
import { productionPackages, type Lock } from "../../../src/machines/images/payload.ts";

describe("npm's packages in the image", () => {
  const lock = JSON.parse(readFileSync(join(CLONE, "package-lock.json"), "utf8")) as Lock;
  const packages = productionPackages(lock);

  test("are what tare needs, and nothing that only its developers use", () => {
    for (const name of ["execa", "commander", "yaml", "zod", "vega"])
      expect(packages).toContain(`node_modules/${name}`);
    for (const name of ["vitest", "typescript", "fast-check", "prettier", "node"])
      expect(packages).not.toContain(`node_modules/${name}`);
  });

  test("are of no architecture: the same files for both", () => {
    expect(packages.filter((path) => lock.packages[path]?.cpu !== undefined)).toEqual([]);
  });
});

const STATUS = `Package: zlib1g
Status: install ok installed
Version: 1:1.2.13.dfsg-1
Architecture: arm64
Description: compression library
 zlib is a library

Package: libstdc++6
Status: install ok installed
Version: 12.2.0-14+deb12u1
Architecture: arm64
`;

test("Debian's packages are read from dpkg's database, by name", () => {
  expect(packagesIn(STATUS)).toEqual([
    { name: "libstdc++6", version: "12.2.0-14+deb12u1", architecture: "arm64" },
    { name: "zlib1g", version: "1:1.2.13.dfsg-1", architecture: "arm64" },
  ]);
});

describe("the list of contents", () => {
  const npm = {
    bomFormat: "CycloneDX",
    serialNumber: "urn:uuid:made-at-random",
    metadata: { timestamp: "2026-11-29T17:00:00.000Z", tools: [], component: { name: "clone-of-mine" } },
    components: [{ "bom-ref": "zod@4.6.7", name: "zod", version: "4.6.7" }],
  };
  const list = (epoch = 1_700_000_000): string =>
    sbomOf({ npm, node: "24.21.0", debian: packagesIn(STATUS), architecture: "arm64", epoch });

  test("has npm's, Node and Debian's packages, by the URLs that scanners know", () => {
    const { components } = JSON.parse(list()) as { components: readonly { purl?: string; name: string }[] };
    expect(components.map(({ purl, name }) => purl ?? name)).toEqual([
      "zod",
      "pkg:generic/node@24.21.0?arch=arm64",
      "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=arm64",
      "pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=arm64",
    ]);
  });

  test("is the same text for the same contents, and another number for others", () => {
    expect(list()).toBe(list());
    expect(list()).not.toMatch(/clone-of-mine|made-at-random|2026-11-29/);
    const [one, other] = [list(), list(1_700_000_001)].map(
      (text) => (JSON.parse(text) as { serialNumber: string }).serialNumber,
    );
    expect(one).toMatch(/^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
    expect(one).not.toBe(other);
  });
});

test("krew's manifest names each architecture's archive, where it lies and its digest", () => {
  const digest = "0".repeat(64);
  const archives = (["amd64", "arm64"] as const).map((architecture) => ({
    architecture,
    file: `kubectl-tare-linux-${architecture}.tar.gz`,
    digest,
  }));
  const manifest = parse(krewManifest("1.2.3", "https://downloads.example/tare/", archives)) as {
    readonly spec: {
      readonly version: string;
      readonly shortDescription: string;
      readonly platforms: unknown;
    };
  };
  expect(manifest.spec.version).toBe("v1.2.3");
  // krew cuts longer ones off in its list.
  expect(manifest.spec.shortDescription.length).toBeLessThanOrEqual(50);
  expect(manifest.spec.platforms).toEqual(
    archives.map(({ architecture, file }) => ({
      selector: { matchLabels: { os: "linux", arch: architecture } },
      uri: `https://downloads.example/tare/${file}`,
      sha256: digest,
      bin: "kubectl-tare",
    })),
  );
});
