/** All that tare needs of a cluster before a bench, in the order in which it must be made. */
import type { Part } from "./part.ts";
import { ACCOUNTS } from "./parts/accounts.ts";
import { NAMESPACES } from "./parts/namespaces.ts";
import { NETWORK } from "./parts/network.ts";
import { OPENSHIFT } from "./parts/openshift.ts";
import { POLICIES } from "./parts/policies.ts";
import { QUOTA } from "./parts/quota.ts";
import { AGENT_RIGHTS, RIGHTS } from "./parts/rights.ts";

/** Policies before rights: nobody has a right for a moment that they narrow. */
export const PARTS: readonly Part[] = [
  NAMESPACES,
  ACCOUNTS,
  NETWORK,
  QUOTA,
  POLICIES,
  OPENSHIFT,
  RIGHTS,
  AGENT_RIGHTS,
];
