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

test("one that is named wins, and the security archive lies beside it where apt knows none", () => {
  expect(mirrorIn(SITES, "http://other.example.org/debian/")).toEqual({
    main: "http://other.example.org/debian",
    security: "http://mirror.example/debian-security",
  });
  expect(mirrorIn("", "http://other.example.org/debian").security).toBe(
    "http://other.example.org/debian-security",
  );
});

test("without any it is said what to set", () => {
  expect(() => mirrorIn("https://packages.example/apt\n")).toThrow(
    expect.objectContaining({ kind: "host-unfit", hint: expect.stringContaining("TARE_VM_MIRROR") }) as Error,
  );
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
