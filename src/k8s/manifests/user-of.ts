/** Who a service account is to the API server. */
export const userOf = (namespace: string, account: string): string =>
  `system:serviceaccount:${namespace}:${account}`;
