/** What every page is: one file with its own style, script and policy, that loads nothing. */
import { html, trusted } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { SCRIPT, SCRIPT_DIGEST } from "./script.ts";
import { STYLE } from "./style.ts";

/** Nothing is loaded and nothing but our own script runs, whatever an agent managed to write into its name. */
const POLICY = `default-src 'none'; script-src '${SCRIPT_DIGEST}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;

/** In one piece: a blank more, and the digest in the policy is another script's. */
const SCRIPT_TAG = `<script>${SCRIPT}</script>`;

export interface PageContent {
  readonly title: string;
  /** Which tare made it. */
  readonly generator: string;
  readonly header: Markup;
  /** Sections by the id that they carry, in their order: what the navigation lists. */
  readonly contents: readonly (readonly [id: string, title: string])[];
  /** Agents that a reader may hide. */
  readonly agents: readonly Markup[];
  readonly sections: readonly Markup[];
  readonly footer: string;
}

export const frame = ({
  title,
  generator,
  header,
  contents,
  agents,
  sections,
  footer,
}: PageContent): string =>
  html`<!doctype html>
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
        <nav aria-label="Contents">
          <ul>
            ${contents.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}
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
        <main>${sections}</main>
        <footer>${footer}</footer>
        ${trusted(SCRIPT_TAG)}
      </body>
    </html> `.text;
