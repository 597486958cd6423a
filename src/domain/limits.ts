/** Limits of the method that more than one room goes by. Changing one changes the method (see CHANGELOG, "method changed"). */

/** The hypervisor took more than this share of the CPU time: disturbed. */
export const MAX_STEAL_PERCENT = 5;
/** Others kept this much more of a CPU busy than they usually do: disturbed. */
export const MAX_OTHERS_CORES = 0.1;
/** A fixed loop of user code changed by more than this share around the window: the CPU's speed changed. */
export const MAX_SPIN_CHANGE = 0.15;
/** Some task waited for a CPU for more than this share of a baseline's window: other things kept the CPUs busy. */
export const MAX_PRESSURE_PERCENT = 20;
/** A closed loop that took more than this many times its CPU time was kept waiting. */
export const MAX_WALL_OVER_CPU = 3;
/** Where the ends of two intervals differ by more than this share of Student's width, neither should be leant on alone. */
export const MAX_DISAGREEMENT = 0.15;
/** The share of a budget that counts as nothing: of a cost, and of what the instrument may be wrong by. */
export const NOTHING = 1 / 3;
/** Lost events, of all, that no agent may have for its cost to count as that of the work; where no budget on loss says otherwise. */
export const MAX_LOSS_BY_DEFAULT = 0.001;
/** The 90 % interval of the recovered over the injected cost must lie inside. */
export const CALIBRATION_PASSES = { low: 0.9, high: 1.1 } as const;
/** Of four nodes, three are too few to say that the fourth is odd. */
export const MIN_FOR_OUTLYING = 5;
