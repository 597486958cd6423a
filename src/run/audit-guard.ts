/**
 * Once audit has been enabled on a kernel, every process forked later carries an audit context until reboot and pays for it at every
 * system call, rules or none. While no audit agent is measured, a rule that exempts new tasks keeps the workload clear of that.
 * It is set only where audit is unused.
 */
import type { Effect } from "../domain/effect.ts";
import { known } from "../domain/units.ts";
import type { NodeState } from "../observe/node-state.ts";

const RULE = ["task,never"] as const;

export const AUDIT_GUARD: Effect = {
  kind: "command",
  title: "audit rule that exempts new processes (task,never)",
  do: ["auditctl", "-a", ...RULE],
  undo: [["auditctl", "-d", ...RULE]],
  undoneWhen: "No such file or directory",
};

/** True where audit can be read and is unused: off, no daemon that lives, no rules. */
export const canGuardAudit = (state: NodeState): boolean => {
  const audit = known(state.audit);
  return (
    audit !== undefined &&
    audit.enabled === 0 &&
    (audit.pid === 0 || audit.ownerless === true) &&
    audit.rules.length === 0
  );
};
