/** The garbage collector closes a file handle at any time or never. A test file that leaves one to it fails. */
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll } from "vitest";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const left: string[] = [];
const onWarning = ({ message }: Error): void => {
  if (message.includes("garbage collection")) left.push(message);
};
process.on("warning", onWarning);

afterAll(async () => {
  // What the first round lets go is collected in the second; the warning comes a turn of the event loop later.
  for (const _ of [1, 2]) {
    collect();
    await setImmediate();
  }
  process.off("warning", onWarning);
  if (left.length > 0) throw new Error(`a file handle was not closed: ${left.join("; ")}`);
});
