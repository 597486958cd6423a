/**
 * What each mark of a chart is about: an agent, and a text that is shown when the pointer rests on it. Vega carries a short key through the
 * drawing; the texts, which are foreign, never go through it.
 */
import { attribute } from "../page/markup.ts";

const KEY = "tip:";

export class Tips {
  readonly #tips: { readonly agent: string; readonly text: string }[] = [];

  add(agent: string, text: string): string {
    this.#tips.push({ agent, text });
    return `${KEY}${this.#tips.length - 1}`;
  }

  /**
   * Turns the keys in drawn SVG into what browsers show without a script (`title`) and what the page's script works with
   * (`data-agent`).
   */
  apply(svg: string): string {
    return svg
      .replaceAll(
        /<(path|line|rect) aria-label="tip:(\d+)"([^>]*?)\/>/g,
        (whole, tag: string, index: string, rest: string) => {
          const tip = this.#tips[Number(index)];
          return tip === undefined
            ? whole
            : `<${tag} data-agent="${attribute(tip.agent)}"${rest}><title>${attribute(tip.text)}</title></${tag}>`;
        },
      )
      .replaceAll(/<text aria-label="tip:(\d+)"/g, (whole, index: string) => {
        const tip = this.#tips[Number(index)];
        return tip === undefined
          ? whole
          : `<text data-agent="${attribute(tip.agent)}" data-tip="${attribute(tip.text)}"`;
      });
  }
}

export const TIP = { field: "tip", type: "nominal" } as const;
