/** The identities of tare's pods. Holds and places have none of their own: they make no request. */

/** Of the pod on a benched node; it has no token and no right. */
export const NODE_ACCOUNT = "tare-node";
export const CONDUCTOR_ACCOUNT = "tare-conductor";

export const userOf = (namespace: string, account: string): string =>
  `system:serviceaccount:${namespace}:${account}`;
