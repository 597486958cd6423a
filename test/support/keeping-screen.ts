/** A screen that keeps what is written to it. */
import type { Screen } from "../../src/cli/screen.ts";

export interface KeepingScreen extends Screen {
  /** Notes and warnings, in their order. */
  readonly said: readonly string[];
  readonly results: readonly string[];
}

export const keepingScreen = (): KeepingScreen => {
  const said: string[] = [];
  const results: string[] = [];
  return {
    said,
    results,
    columns: 80,
    colour: false,
    isLive: false,
    result: (text) => results.push(text),
    info: (text) => said.push(text),
    warn: (text) => said.push(text),
    error: (text) => said.push(text),
    progress: () => undefined,
    quiet: () => undefined,
    style: (_style, text) => text,
  };
};
