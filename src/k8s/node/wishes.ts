/** Asks for an agent to be stopped or started by printing it, and looks at the node until it is so. */
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import type { HeldWish, Sight, Wish, WishedState, Wishes } from "../../domain/wish.ts";
import type { NodeLine } from "./lines.ts";

const LOOK_MS = 250;

export interface NodeWishes extends Wishes {
  /** From now on nobody needs an agent to be off: only to have it back is still asked for. */
  end(): void;
  /** Of each agent the last that was fulfilled: on for the one that is measured (`daemonset:NAMESPACE/NAME`), off for all others. */
  held(measured: string | undefined): readonly HeldWish[];
}

interface Asking {
  readonly host: Pick<Host, "until">;
  readonly sights: ReadonlyMap<string, Sight>;
  readonly withinSeconds: number;
  readonly say: (line: NodeLine) => void;
}

export const createWishes = ({ host, sights, withinSeconds, say }: Asking): NodeWishes => {
  const unmet = new AbortController();
  const ending = new AbortController();
  const fulfilled: HeldWish[] = [];
  let turn = 0;

  const looked = async (sight: Sight, state: WishedState): Promise<readonly string[]> => {
    switch (state) {
      case "off":
        return await sight.remains();
      case "on":
        return await sight.lacks();
    }
  };

  const fulfil = async ({ agent, state }: Wish, signal?: AbortSignal): Promise<void> => {
    if (state === "off" && ending.signal.aborted) return;
    const sight = sights.get(agent);
    if (sight === undefined) throw new Error(`nothing shows what becomes of ${agent}`);
    // While it is still there.
    if (state === "off") await sight.note();
    const before = fulfilled.findLast((one) => one.agent === agent);
    // Whoever was to keep it away may have died, or looked a moment too early.
    const back = state === "on" && before?.state === "off" ? await sight.remains() : [];
    turn += 1;
    const wish = { agent, state, turn } as const;
    say({
      tare: "want",
      ...wish,
      within: withinSeconds,
      ...(before === undefined || back.length === 0
        ? {}
        : { unkept: { turn: before.wish, back: [...back] } }),
    });
    const ends = [...(signal === undefined ? [] : [signal]), ...(state === "off" ? [ending.signal] : [])];
    let lacking: readonly string[] = [];
    const waited = await host.until(
      async () => {
        lacking = await looked(sight, state);
        return lacking.length === 0 ? true : undefined;
      },
      { every: LOOK_MS, atMost: withinSeconds * 1000, signal: AbortSignal.any(ends) },
    );
    if (waited.kind === "met") {
      say({ tare: "seen", ...wish });
      fulfilled.push({ agent, state, wish: wish.turn });
      return;
    }
    const error = new TareError(
      "run-failed",
      `${agent} was not ${state} within ${waited.seconds} s; on this node: ${lacking.join("; ")}`,
      state === "off"
        ? "does the conductor run, and does the node have a place for it? What stays attached costs in every turn, so the run ended"
        : "its pod's events tell why it does not come up: `kubectl describe pod`",
    );
    end();
    unmet.abort(error);
    throw error;
  };

  const end = (): void => {
    ending.abort(new TareError("interrupted", "the run ends: nobody needs it off any more", "nothing"));
  };
  // A line is written when its agent has been stopped again, and so asked for otherwise.
  const held = (measured: string | undefined): readonly HeldWish[] =>
    [...sights.keys()].flatMap(
      (agent) =>
        fulfilled.findLast(
          (one) => one.agent === agent && one.state === (agent === measured ? "on" : "off"),
        ) ?? [],
    );
  return { fulfil, unmet: unmet.signal, end, held };
};
