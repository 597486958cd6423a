/** What every page is: one file with its own style, script and policy, that loads nothing. */
import { html, trusted, type Markup } from "./markup.ts";
import type { Section } from "../view/section.ts";
import { SCRIPT, SCRIPT_DIGEST, STYLE } from "./assets.ts";

/** Nothing is loaded and nothing but our own script runs, whatever an agent managed to write into its name. */
const POLICY = `default-src 'none'; script-src '${SCRIPT_DIGEST}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;

/** In one piece: a blank more, and the digest in the policy is another script's. */
const SCRIPT_TAG = `<script type="module">${SCRIPT}</script>`;

export interface PageContent {
  readonly title: string;
  readonly generator: string;
  readonly header: Markup;
  /** In their order; those with a short title are listed in the navigation, which stands below the first. */
  readonly sections: readonly (Pick<Section, "id" | "short"> & { readonly markup: Markup })[];
  readonly agents: readonly Markup[];
  readonly footer: string;
}

export const frame = ({ title, generator, header, agents, sections, footer }: PageContent): string => {
  const [first, ...others] = sections;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="${generator}" />
        <title>${title}</title>
        <style>
          ${trusted(STYLE)}
        </style>
      </head>
      <body>
        <header>${header}</header>
        <p class="printed">
          Printed without what is folded in the page: tables of each operation, settings. The file holds it;
          what is opened before printing is printed.
        </p>
        <main>
          ${first?.markup ?? null}
          <nav aria-label="Contents">
            <ul>
              ${sections.flatMap(({ id, short }) => (short === undefined ? [] : [html`<li><a href="#${id}">${short}</a></li>`]))}
            </ul>
          </nav>
          ${
            agents.length < 2
              ? null
              : html`<fieldset class="toggles" hidden>
                  <legend>Show</legend>
                  ${agents}
                </fieldset>`
          }
          ${others.map(({ markup }) => markup)}
        </main>
        <footer>${footer}</footer>
        ${trusted(SCRIPT_TAG)}
      </body>
    </html> `.text;
};
