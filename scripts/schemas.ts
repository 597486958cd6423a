/** Writes the JSON Schema of everything that tare reads or writes to docs/schemas, from the definitions that the code itself goes by. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { CustomSpec } from "../src/agents/custom/spec.ts";
import { DriverResult } from "../src/domain/driver.ts";
import { RECORD_SCHEMA, RecordLine } from "../src/domain/record.ts";
import { BudgetFile } from "../src/plan/budget-file.ts";

const FOLDER = join(import.meta.dirname, "../docs/schemas");

interface Published {
  readonly schema: z.ZodType;
  /** Counted up where the same file would be read otherwise. */
  readonly version: number;
  readonly title: string;
  readonly description: string;
}

const PUBLISHED: Readonly<Record<string, Published>> = {
  record: {
    schema: RecordLine,
    version: RECORD_SCHEMA,
    title: "A line of a tare record",
    description:
      "record.jsonl holds one of these a line, the header first. Each carries `digest` besides: the SHA-256 (hex) of the digest of the line before it, followed by the line's own JSON without `digest`.",
  },
  driver: {
    schema: DriverResult,
    version: 1,
    title: "What a driver prints",
    description: "The last line of a workload's driver, see docs/driver-protocol.md. Times are nanoseconds.",
  },
  budget: {
    schema: BudgetFile,
    version: 1,
    title: "A budget file of tare",
    description: "What a sensor may cost, declared before it is measured, see docs/budgets.md.",
  },
  "custom-agent": {
    schema: CustomSpec,
    version: 1,
    title: "A custom agent of tare",
    description: "A sensor that tare does not know, as a file, see docs/custom-agents.md.",
  },
};

/** zod's bounds of a whole number that JavaScript holds exactly say nothing of ours. */
const withoutSafeBounds = ({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
};

/** By file name. */
export const schemaFiles = (): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(PUBLISHED).map(([name, { schema, version, title, description }]) => {
      const {
        $schema,
        description: _,
        ...rest
      } = z.toJSONSchema(schema, { io: "input", override: withoutSafeBounds });
      const whole = { $schema, $id: `tare:${name}:${version}`, title, description, ...rest };
      return [`${name}.schema.json`, `${JSON.stringify(whole, null, 2)}\n`];
    }),
  );

if (import.meta.main) for (const [name, text] of schemaFiles()) writeFileSync(join(FOLDER, name), text);
