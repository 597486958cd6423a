/**
 * Leases tell time in microseconds, always six digits. The library hands such times on as text, and would write a Date with three, which the
 * API server refuses.
 */
import { type V1Lease, type V1LeaseSpec, V1MicroTime } from "@kubernetes/client-node";

const exact = (spec: V1LeaseSpec, key: "acquireTime" | "renewTime"): V1LeaseSpec => {
  // Typed as a time, and a text where it comes from a server.
  const time: Date | string | undefined = spec[key];
  return time === undefined ? spec : Object.assign({}, spec, { [key]: new V1MicroTime(time) });
};

export const withTimes = (lease: V1Lease): V1Lease =>
  lease.spec === undefined
    ? lease
    : Object.assign({}, lease, { spec: exact(exact(lease.spec, "acquireTime"), "renewTime") });
