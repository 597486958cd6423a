/** The page of a view, drawn once however many tests look at it: drawing takes half a second. */
import type { RunView } from "../../../src/domain/run-view.ts";
import { type Extras, renderHtml as draw } from "../../../src/report/html.ts";

const drawn = new Map<string, Promise<string>>();

export const renderHtml = (view: RunView, extras: Extras = {}): Promise<string> => {
  const key = JSON.stringify([view, extras]);
  const page = drawn.get(key) ?? draw(view, extras);
  drawn.set(key, page);
  return page;
};
