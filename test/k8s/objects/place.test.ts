import { expect, test } from "vitest";
import { placePod } from "../../../src/k8s/objects/place.ts";

const PLACE = {
  bench: "b1",
  namespace: "tare-control",
  node: "node-a",
  agent: "daemonset:kube-system/tetragon",
  image: "registry.test/tare:1",
  imagePullPolicy: "IfNotPresent",
  imagePullSecrets: ["pull"],
  deadlineSeconds: 180,
  requests: { cpu: 1250, memory: 104_857_600, "ephemeral-storage": 0 },
};

test("asks for what the agent asks for", () => {
  const requests = { cpu: "1250m", memory: "104857600" };
  expect(placePod(PLACE).spec?.containers[0]?.resources).toEqual({ requests });
});

test("has no priority, repels nobody, and ends with its hold", () => {
  const { spec } = placePod(PLACE);
  expect(spec).not.toHaveProperty("priorityClassName");
  expect(spec).not.toHaveProperty("affinity");
  expect(spec?.activeDeadlineSeconds).toBe(180);
});

test("is pulled with the plan's secrets", () => {
  expect(placePod(PLACE).spec?.imagePullSecrets).toEqual([{ name: "pull" }]);
});
