/** A module of the project run by Node as another user, or as root with what sudo sets. Prints what it returns as JSON. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

export interface Asked {
  readonly uid?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** `imports`: names by module below the checkout. `body`: statements that end in `return`. Arguments of its own are in `args`. */
export const evaluated = (
  imports: Readonly<Record<string, string>>,
  body: string,
  args: readonly string[],
  { uid, env }: Asked = {},
): unknown => {
  const program = [
    ...Object.entries(imports).map(
      ([module, names]) => `import { ${names} } from ${JSON.stringify(`${ROOT}/${module}`)};`,
    ),
    'import fs from "node:fs";',
    "const args = process.argv.slice(1);",
    "const caught = async (work) => { try { return (await work()) ?? null; } catch (error) { return { kind: error.kind, message: error.message }; } };",
    `console.log(JSON.stringify(await (async () => { ${body} })()));`,
  ].join("\n");
  const done = spawnSync(process.execPath, ["--input-type=module-typescript", "-e", program, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  if (done.status !== 0) throw new Error(`ended with ${done.status ?? done.signal ?? ""}: ${done.stderr}`);
  return JSON.parse(done.stdout);
};
