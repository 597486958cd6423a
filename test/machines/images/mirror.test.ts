/** Debian's archive is taken from what apt is set up with. */
import { expect, test } from "vitest";
import { mirrorIn, sourcesFor } from "../../../src/machines/images/mirror.ts";

/** As `apt-get indextargets` prints the sites of Debian 12's own sources, after one of a vendor. */
const SITES = `https://packages.example/apt
http://mirror.example/debian/
http://mirror.example/debian
http://mirror.example/debian-security
`;

test("the mirror is the one that apt uses, with its security archive; others are passed over", () => {
  expect(mirrorIn(SITES)).toEqual({
    main: "http://mirror.example/debian",
    security: "http://mirror.example/debian-security",
  });
});

test("where apt knows a list of mirrors in place of a site, or nothing, Debian's own is used", () => {
  const debian = { main: "http://deb.debian.org/debian", security: "http://deb.debian.org/debian-security" };
  expect(mirrorIn("mirror+file:/etc/apt/mirrors/debian.list\n")).toEqual(debian);
  expect(mirrorIn("")).toEqual(debian);
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
