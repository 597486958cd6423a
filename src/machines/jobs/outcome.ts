/** What a guest reports about tare on its kernel. Types only: they cross between the guest and the machine as JSON. */

export interface TestOutcome {
  readonly file: string;
  readonly name: readonly string[];
  readonly state: "passed" | "failed" | "skipped";
  readonly why: string;
  readonly said: readonly string[];
  readonly date: string;
}

export interface HookOutcome {
  readonly family: string;
  readonly hook: string;
  readonly outcome: "chosen" | "available" | "failed";
  readonly reason?: string;
}

export interface SmokeOutcome {
  readonly exitCode: number;
  /** By family: operations, and how many of them became an event. */
  readonly events: Readonly<Record<string, { readonly operations: number; readonly delivered: number }>>;
  readonly emulated: boolean | string;
  readonly said: string;
}

export interface GuestOutcome {
  readonly arch: string;
  readonly kernelSeries: string;
  readonly kernelRelease: string;
  readonly date: string;
  readonly qemu: string;
  readonly seconds: number;
  readonly hooks: readonly HookOutcome[];
  readonly tests: readonly TestOutcome[];
  readonly smoke: SmokeOutcome | null;
}

export interface AgentsOutcome {
  readonly arch: string;
  readonly release: string;
  readonly kernelRelease: string;
  readonly qemu: string;
  readonly seconds: number;
  readonly securityModules: string;
  readonly packages: Readonly<Record<string, string>>;
  /** Whether sysdig's kernel module was compiled and loaded, or the compiler's words; null where its source is not in the release. */
  readonly module: string | null;
  readonly agents: readonly TestOutcome[];
  readonly units: readonly TestOutcome[];
}
