/** Above these, a trial was disturbed from outside. None depends on what an agent costs. */

/** CPU time taken by the hypervisor, of the window. */
export const MAX_STEAL_PERCENT = 5;
/** Change of a fixed loop of user code, as a share: from before the window to after it, or from its usual time. */
export const MAX_SPIN_CHANGE = 0.15;
