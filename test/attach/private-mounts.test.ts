/** Lines as systemd 252 makes them for the unit that Falco's package brings: PrivateTmp, ProtectSystem=full, ProtectKernelTunables. */
import { expect, test } from "vitest";
import { isPrivate, privateMounts } from "../../src/agents/attached/private-mounts.ts";
import { pathFrom, whereaboutsOf } from "../../src/agents/attached/whereabouts.ts";
import { FakeHost } from "../support/fake-host.ts";

const OURS = `21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
22 21 0:20 / /proc rw,nosuid shared:5 - proc proc rw
23 21 0:21 / /sys rw,nosuid shared:6 - sysfs sysfs rw
30 21 0:30 / /run rw,nosuid shared:9 - tmpfs tmpfs rw
`;
const ITS = `200 199 254:0 / / rw,relatime - ext4 /dev/vda rw
201 200 0:20 / /proc rw,nosuid - proc proc rw
202 201 0:20 /sys /proc/sys ro,nosuid - proc proc rw
203 200 0:21 / /sys ro,nosuid - sysfs sysfs rw
204 200 0:30 / /run rw,nosuid - tmpfs tmpfs rw
205 200 254:0 /etc /etc ro,relatime - ext4 /dev/vda rw
206 200 254:0 /usr /usr ro,relatime - ext4 /dev/vda rw
207 200 254:0 /tmp/systemd-private-6f-falco-modern-bpf.service-x1/tmp /tmp rw,relatime - ext4 /dev/vda rw
208 200 254:0 /var/tmp/systemd-private-6f-falco-modern-bpf.service-y2/tmp /var/tmp rw,relatime - ext4 /dev/vda rw
`;
const FILES = { "/proc/self/mountinfo": OURS, "/proc/7/mountinfo": ITS, "/proc/7/cmdline": "falco\0" };

test("of a unit's mounts those are its own that show other files, and not those that are only read-only", async () => {
  expect(await privateMounts(new FakeHost({ files: FILES }), 7)).toEqual(["/tmp", "/var/tmp"]);
});

test("a disconnected /tmp and a hidden /home are its own as well", async () => {
  const its = `${ITS}210 200 0:77 / /tmp rw - tmpfs tmpfs rw\n211 200 0:78 / /home ro - tmpfs tmpfs rw\n`;
  const host = new FakeHost({ files: { ...FILES, "/proc/7/mountinfo": its } });
  expect(new Set(await privateMounts(host, 7))).toEqual(new Set(["/tmp", "/var/tmp", "/home"]));
});

test("where neither can be read, none is", async () => {
  expect(await privateMounts(new FakeHost(), 7)).toEqual([]);
});

test.each([
  ["/tmp/falco_stats.jsonl", true],
  ["/tmp", true],
  ["/tmpfiles/x", false],
  ["/var/log/falco.json", false],
])("%s is its own: %s", (path, isOwn) => {
  expect(isPrivate(["/tmp", "/var/tmp"], path)).toBe(isOwn);
});

test("what it writes to its own /tmp is read there", async () => {
  const host = new FakeHost({ files: FILES });
  const state = { active: true, activity: "active", controlGroup: undefined, identity: {} } as const;
  const at = await whereaboutsOf(host, { ...state, obstacle: undefined, outputs: [], mainPid: 7 });
  expect(pathFrom(at, "/tmp/falco_stats.jsonl")).toBe("/proc/7/root/tmp/falco_stats.jsonl");
  expect(pathFrom(at, "/var/log/falco.json")).toBe("/var/log/falco.json");
  expect(pathFrom(at, "./x")).toBe("/proc/7/cwd/x");
});
