/** The flags of the driver protocol, as far as a closed loop in Node can honour them. */
import { parseArgs } from "node:util";

export interface Flags {
  readonly trial: string;
  readonly batches: number;
  readonly batchOperations: number;
  readonly warmupOperations: number;
  readonly cpu: number | undefined;
  readonly directory: string;
  readonly snapshots: readonly string[];
}

export class BadFlags extends Error {}

/** Throws BadFlags, worded for people. */
export const readFlags = (argv: readonly string[]): Flags => {
  const values = parse(argv);
  const trial = values.trial ?? refuse("--trial is missing");
  if (!/^[0-9a-f]{4}$/u.test(trial)) {
    refuse(`--trial must be four lower-case hexadecimal digits, not "${trial}"`);
  }
  const mode = values.mode ?? refuse("--mode is missing");
  if (mode !== "closed") refuse(`--mode must be closed here, not "${mode}": this driver has no other loop`);
  return {
    trial,
    batches: wholeNumber("batches", values.batches, 1),
    batchOperations: wholeNumber("batch-operations", values["batch-operations"], 1),
    warmupOperations: wholeNumber("warmup-operations", values["warmup-operations"] ?? "0", 0),
    cpu: values.cpu === undefined ? undefined : wholeNumber("cpu", values.cpu, 0),
    directory: values.directory ?? refuse("--directory is missing"),
    snapshots: values.snapshot ?? [],
  };
};

const parse = (argv: readonly string[]) => {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        trial: { type: "string" },
        mode: { type: "string" },
        batches: { type: "string" },
        "batch-operations": { type: "string" },
        "warmup-operations": { type: "string" },
        cpu: { type: "string" },
        directory: { type: "string" },
        snapshot: { type: "string", multiple: true },
      },
    }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
};

const wholeNumber = (flag: string, text: string | undefined, least: number): number => {
  const number = text === undefined ? refuse(`--${flag} is missing`) : Number(text);
  if (!/^\d+$/u.test(text ?? "") || number < least || !Number.isSafeInteger(number)) {
    refuse(`--${flag} must be a whole number from ${least}, not "${text ?? ""}"`);
  }
  return number;
};

const refuse = (message: string): never => {
  throw new BadFlags(message);
};
