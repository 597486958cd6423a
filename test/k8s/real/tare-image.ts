/** tare's image: holds and places sleep in it, the conductor is the real one, and what measures is said by the test. */
import { resolve } from "node:path";
import type { ControlPlane } from "./control-plane.ts";
import { type Program, sleeper } from "./kubelet/program.ts";
import { processOf } from "./kubelet/process.ts";

const MAIN = resolve(import.meta.dirname, "../../../src/cli/main.ts");

export const tareImage = (plane: ControlPlane, node: Program = sleeper): Program => {
  const tare = processOf(plane, [process.execPath, MAIN]);
  return async (started) => {
    const [program, , command] = started.container.command ?? [];
    if (program === "sleep") return await sleeper(started);
    return await (command === "node" ? node : tare)(started);
  };
};
