/** Folders of a node for its pod: what would harm the pod, or is none, is refused with why. */
import { posix } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { NODE_FOLDERS, nodeFolderFault } from "../../src/k8s/node-folder.ts";

test.each([
  "/var/run/cilium/tetragon",
  "/var/log/falco",
  "/var/log",
  "/opt/agent/events",
  "/etc/falco",
  "/run/agent",
  "/srv/with space",
])("%s can be read", (path) => {
  expect(nodeFolderFault(path)).toBeUndefined();
});

test.each([
  ["", "not an absolute path"],
  ["var/log", "not an absolute path"],
  ["/", "the whole node"],
  ["//", "the whole node"],
  ["/var/../etc", "holds .."],
  ["/..", "holds .."],
  ["/var/log/", "write it as /var/log"],
  ["/var//log", "write it as /var/log"],
  ["/var/./log", "write it as /var/log"],
  ["/a:b", "no cluster takes"],
  [`/${"a".repeat(4096)}`, "no cluster takes"],
  ["/usr", "hide the pod's own"],
  ["/proc/1", "/proc is the pod's own"],
  ["/work/x", "/work is the pod's own"],
  ["/sys/fs/bpf", "/sys is there already"],
  ["/var/log/pods/x", "/var/log/pods is there already"],
])("%j cannot: %s", (path, why) => {
  expect(nodeFolderFault(path)).toContain(why);
});

test("whatever is let through is one absolute folder, below the root and outside of what is mounted", () => {
  const part = fc.constantFrom("var", "log", "pods", "usr", "sys", "..", ".", "", "proc", "etc", "x", "work");
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const path = `/${parts.join("/")}`;
      if (nodeFolderFault(path) !== undefined) return;
      expect(posix.resolve("/", path)).toBe(path);
      expect(path).not.toBe("/");
      expect(NODE_FOLDERS.some((one) => path === one || path.startsWith(`${one}/`))).toBe(false);
    }),
  );
});
