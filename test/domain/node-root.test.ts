import { expect, test } from "vitest";
import { whyNotRoot } from "../../src/domain/node-root.ts";
import { FakeHost } from "../support/fake-host.ts";

/** As the kernel prints them. */
const NODE = "         0          0 4294967295\n";
const ROOTLESS = "         0       1000          1\n         1     100000      65536\n";
const ALL = "Name:\tnode\nCapEff:\t000001ffffffffff\n";
const CONTAINER = "Name:\tnode\nCapEff:\t00000000a80425fb\n";

const look = (map: string, status: string, uid = 0) =>
  whyNotRoot(new FakeHost({ uid, files: { "/proc/self/uid_map": map, "/proc/self/status": status } }));

test("root of the node has the number, its namespace and the capability", async () => {
  expect(await look(NODE, ALL)).toBeUndefined();
});

test.each<[string, string, string, number, RegExp, RegExp]>([
  ["another user", NODE, ALL, 1000, /uid 1000/, /as root/],
  ["root in a rootless container", ROOTLESS, ALL, 0, /user namespace/, /rootless/],
  ["root in a container that is not privileged", NODE, CONTAINER, 0, /CAP_SYS_ADMIN/, /--privileged/],
])("%s is told what it lacks and how to get it", async (_, map, status, uid, what, hint) => {
  const why = await look(map, status, uid);
  expect(why?.what).toMatch(what);
  expect(why?.hint).toMatch(hint);
});

test("where /proc tells neither, the number counts", async () => {
  expect(await whyNotRoot(new FakeHost())).toBeUndefined();
});
