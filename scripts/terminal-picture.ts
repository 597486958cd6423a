/**
 * A picture of a terminal for README, from what tmux really showed, escape sequences and all; `⋮` stands where lines were left out:
 *
 *     tmux capture-pane -e -p -S - > screen.ansi
 *     node scripts/terminal-picture.ts docs/images/terminal.ansi docs/images/terminal.png
 */
import { readFileSync } from "node:fs";
import { inTab } from "./chromium.ts";

const ESCAPE = "\u001B";
const SEQUENCE = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`);
const COLUMNS = 80;
/** By the number of the escape sequence. */
const COLOURS: Readonly<Record<number, string>> = {
  31: "#ff7b72",
  32: "#7ee787",
  33: "#e3b341",
  34: "#79c0ff",
  36: "#56d4dd",
};
const STYLE = `margin:0;padding:16px 20px;width:calc(${COLUMNS}ch + 40px);background:#0d1117;color:#e6edf3;
  font:14px/1.35 "DejaVu Sans Mono",monospace;white-space:pre`;

interface Look {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly colour: string | undefined;
}
const PLAIN: Look = { bold: false, dim: false, colour: undefined };

const changed = (look: Look, code: number): Look => {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 39) return { ...look, colour: undefined };
  return code in COLOURS ? { ...look, colour: COLOURS[code] } : look;
};

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const span = (text: string, { bold, dim, colour }: Look): string => {
  const css = [
    ...(bold ? ["font-weight:bold"] : []),
    ...(dim ? ["opacity:.65"] : []),
    ...(colour === undefined ? [] : [`color:${colour}`]),
  ].join(";");
  return `<span style="${css}">${escaped(text)}</span>`;
};

/** The look goes on over the ends of lines, as it does in a terminal. */
const htmlOf = (screen: string): string => {
  let look = PLAIN;
  return screen
    .split(SEQUENCE)
    .map((part) => {
      if (!part.startsWith(ESCAPE)) return span(part, look);
      look = part.slice(2, -1).split(";").map(Number).reduce(changed, look);
      return "";
    })
    .join("");
};

const [, , screen, picture] = process.argv;
if (screen === undefined || picture === undefined) {
  process.stderr.write("usage: terminal-picture.ts SCREEN.ansi PICTURE.png\n");
  process.exitCode = 2;
} else {
  await inTab({}, async (tab) => {
    await tab.setContent(`<pre style='${STYLE}'>${htmlOf(readFileSync(screen, "utf8").trimEnd())}</pre>`);
    await tab.locator("pre").screenshot({ path: picture });
  });
}
