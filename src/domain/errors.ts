/**
 * What stops a command. Everything expected inside a run (a skipped agent, a failed trial) is data, not an error.
 * Only `cli/main` catches these and turns the kind into an exit code.
 */

export const EXIT = {
  withinBudget: 0,
  overBudget: 1,
  usage: 2,
  hostUnfit: 3,
  runFailed: 4,
  inconclusive: 5,
  bug: 70,
  interrupted: 130,
} as const;

export type ErrorKind = "usage" | "host-unfit" | "run-failed" | "record-failed" | "interrupted";

const EXIT_OF_KIND = {
  usage: EXIT.usage,
  "host-unfit": EXIT.hostUnfit,
  "run-failed": EXIT.runFailed,
  /** A result could not be written: going on would lose the next one too. */
  "record-failed": EXIT.runFailed,
  interrupted: EXIT.interrupted,
} as const satisfies Record<ErrorKind, number>;

/** An error that a person can act on: what happened (with the value), and what to do next. */
export class TareError extends Error {
  readonly kind: ErrorKind;
  readonly hint: string;

  constructor(kind: ErrorKind, message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "TareError";
    this.kind = kind;
    this.hint = hint;
  }

  get exitCode(): number {
    return EXIT_OF_KIND[this.kind];
  }
}

export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** The system's name for it, or for what caused it, such as ENOENT; empty where it is no error of the system's. */
export const codeOf = (thrown: unknown): string => {
  if (typeof thrown !== "object" || thrown === null) return "";
  const { code, cause } = thrown as { readonly code?: unknown; readonly cause?: unknown };
  return typeof code === "string" ? code : codeOf(cause);
};

/** The same error, told of what could not be done because of it. */
export const failedTo = (kind: ErrorKind, what: string, cause: unknown, hint: string): TareError =>
  new TareError(kind, `cannot ${what}: ${messageOf(cause)}`, hint, { cause });
