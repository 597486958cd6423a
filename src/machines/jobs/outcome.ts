/** What a guest reports about tare on its kernel. Types only: they cross between the guest and the machine as JSON. */

export interface TestOutcome {
  readonly file: string;
  /** Names of the suites and of the test, outermost first. */
  readonly name: readonly string[];
  readonly state: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped; empty if nothing was said. */
  readonly why: string;
  /** Figures that it printed. */
  readonly said: readonly string[];
}

/** A line of `tare-sensor --explain`. */
export interface HookOutcome {
  readonly family: string;
  readonly hook: string;
  readonly outcome: "chosen" | "available" | "failed";
  readonly reason?: string;
}

/** What a short run of tare with its sensor came to. */
export interface SmokeOutcome {
  /** Exit status of `tare run`. */
  readonly exitCode: number;
  /** By family: operations, and how many of them became an event. */
  readonly events: Readonly<Record<string, { readonly operations: number; readonly delivered: number }>>;
  /** Whether the record says that the CPU is emulated; it must. */
  readonly emulated: boolean | string;
  /** The end of what the run said, if it failed. */
  readonly said: string;
}

export interface GuestOutcome {
  readonly arch: string;
  readonly kernelSeries: string;
  readonly kernelRelease: string;
  /** Day of the run, such as 2026-01-31. */
  readonly date: string;
  readonly qemu: string;
  readonly seconds: number;
  readonly hooks: readonly HookOutcome[];
  readonly tests: readonly TestOutcome[];
  /** Null where it was not asked for. */
  readonly smoke: SmokeOutcome | null;
}

/** A test and the day on which it was done. */
export interface DatedOutcome extends TestOutcome {
  readonly date: string;
}

/** What the agents' contract came to on one Debian. */
export interface AgentsOutcome {
  readonly arch: string;
  /** Debian's name of the release. */
  readonly release: string;
  readonly kernelRelease: string;
  readonly qemu: string;
  readonly seconds: number;
  /** As /sys/kernel/security/lsm has them. */
  readonly securityModules: string;
  /** Versions by the package's name. */
  readonly packages: Readonly<Record<string, string>>;
  /** Whether sysdig's kernel module was compiled and loaded, or the compiler's words; null where its source is not in the release. */
  readonly module: string | null;
  /** One test for each agent, by its id. */
  readonly agents: readonly DatedOutcome[];
  /** Services of the guest's systemd that were attached to. */
  readonly units: readonly DatedOutcome[];
}
