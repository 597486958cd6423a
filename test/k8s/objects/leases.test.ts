import { expect, test } from "vitest";
import { leaseObject, nodeLease, renewed, slotLease } from "../../../src/k8s/objects/leases.ts";
import { ownerReference } from "../../../src/k8s/objects/owner.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const LATER = new Date("2026-01-01T00:00:15Z");
const OWNER = ownerReference("tare-b1", "uid-1");

test("a node's Lease is its bench's for a minute, under a name that any node's name can have", () => {
  const lease = leaseObject(nodeLease("b1", "tare-control", `${"a".repeat(200)}.example`, OWNER), NOW);
  expect(lease.metadata?.name).toMatch(/^tare-[0-9a-f]{12}$/);
  expect(lease.spec).toMatchObject({ holderIdentity: "b1", leaseDurationSeconds: 60, renewTime: NOW });
  expect(lease.metadata?.ownerReferences).toEqual([OWNER]);
});

test("a slot tells bench and node, and outlives its conductor until the agent is back without it", () => {
  const terms = { bench: "b1", namespace: "tare-control", node: "node-a" };
  const lease = leaseObject(slotLease(1, 180, terms), NOW);
  expect(lease.metadata?.name).toBe("tare-slot-1");
  expect(lease.spec).toMatchObject({ holderIdentity: "b1/node-a", leaseDurationSeconds: 180 + 300 });
});

test("one that has run out is taken over with the version that was read", () => {
  const former = { metadata: { resourceVersion: "41" }, spec: { holderIdentity: "b0", leaseTransitions: 2 } };
  const lease = leaseObject(nodeLease("b1", "tare-control", "node-a", OWNER), NOW, former);
  expect(lease.metadata?.resourceVersion).toBe("41");
  expect(lease.spec).toMatchObject({ holderIdentity: "b1", leaseTransitions: 3 });
});

test("renewing changes the time alone", () => {
  const lease = leaseObject(nodeLease("b1", "tare-control", "node-a", OWNER), NOW);
  expect(renewed(lease, LATER)).toEqual({ ...lease, spec: { ...lease.spec, renewTime: LATER } });
});
