/**
 * Leases tell time in microseconds, always six digits. The library hands such times on as text, and would write a Date with three, which the
 * API server refuses.
 */
import { type V1Lease, V1MicroTime } from "@kubernetes/client-node";

const exact = (time: Date | string | undefined): V1MicroTime | undefined =>
  time === undefined ? undefined : new V1MicroTime(time);

export const withTimes = (lease: V1Lease): V1Lease => {
  const { spec } = lease;
  if (spec === undefined) return lease;
  const acquireTime = exact(spec.acquireTime);
  const renewTime = exact(spec.renewTime);
  return {
    ...lease,
    spec: {
      ...spec,
      ...(acquireTime === undefined ? {} : { acquireTime }),
      ...(renewTime === undefined ? {} : { renewTime }),
    },
  };
};
