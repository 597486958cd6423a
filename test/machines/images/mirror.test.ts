/** Debian's archive is taken from what apt is set up with, of either kind of sources. */
import { expect, test } from "vitest";
import { archivesIn, mirrorIn, sourcesFor } from "../../../src/machines/images/mirror.ts";

const DEB822 = `Types: deb
# a comment
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`;

test("stanzas and lines name archives, comments do not", () => {
  expect(archivesIn(DEB822)).toEqual([
    "http://mirror.example/debian",
    "http://mirror.example/debian-security",
  ]);
  expect(
    archivesIn(
      "deb [arch=amd64 signed-by=/x.gpg] http://one.example/debian bookworm main\n# deb http://no.example/debian x main\n",
    ),
  ).toEqual(["http://one.example/debian"]);
});

test("the mirror is the one that apt uses, with its security archive", () => {
  expect(mirrorIn(DEB822)).toEqual({
    main: "http://mirror.example/debian",
    security: "http://mirror.example/debian-security",
  });
});

test("archives that are not Debian's are passed over", () => {
  const vendor = "deb https://packages.example/apt stable main\n";
  expect(mirrorIn(vendor + DEB822).main).toBe("http://mirror.example/debian");
});

test("a release with security updates gets both archives, backports and a release past its end only the main one", () => {
  const mirror = { main: "http://m.example/debian", security: "http://m.example/debian-security" };
  const lines = sourcesFor(mirror, ["bookworm", "bookworm-backports", "bullseye"]).trim().split("\n");
  expect(lines.map((line) => line.split("] ")[1])).toEqual([
    "http://m.example/debian bookworm main",
    "http://m.example/debian-security bookworm-security main",
    "http://m.example/debian bookworm-backports main",
    "http://m.example/debian bullseye main",
  ]);
});
