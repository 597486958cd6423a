import { expect, test } from "vitest";
import { type Effect, titleOf } from "../../src/domain/effect.ts";

test.each<[Effect, string]>([
  [{ kind: "directory", path: "/x/tare-1" }, "directory /x/tare-1"],
  [{ kind: "cgroup", path: "/cg/tare-1" }, "cgroup /cg/tare-1"],
  [{ kind: "suspension", pids: [3, 4] }, "process 3, 4 stopped by SIGSTOP"],
  [{ kind: "command", title: "audit rules", do: ["true"], undo: [] }, "audit rules"],
])("an effect is named for people: %j", (effect, title) => {
  expect(titleOf(effect)).toBe(title);
});
