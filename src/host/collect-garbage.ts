/** V8 collects garbage by itself when nothing else happens, which is inside the window: it is made to do so before. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

export const collectGarbage = runInNewContext("gc") as () => void;
