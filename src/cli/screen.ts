/** The only writer to the terminal. Results go to standard output; progress, hints and problems go to standard error. */
import { stripVTControlCharacters, styleText } from "node:util";
import { displayWidth, shortened } from "../report/width.ts";

type Style = "bold" | "dim" | "red" | "yellow" | "green";

export interface Screen {
  readonly columns: number;
  readonly colour: boolean;
  /** Standard output. */
  result(text: string): void;
  /** Standard error. */
  info(text: string): void;
  /** From now on neither notes nor progress are shown; warnings, errors and results are. */
  quiet(): void;
  warn(text: string): void;
  /** A line that the next one replaces on a terminal; on anything else it is left out. Where it is too long, `last` is shortened first. */
  progress(text: string, last?: string): void;
  style(style: Style, text: string): string;
}

const wantsColour = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY && process.env["NO_COLOR"] === undefined && process.env["TERM"] !== "dumb";

/** Between the parts of a line of progress. */
export const BETWEEN = " | ";

/** What is known of the run before what it is doing now: a line that is too long loses the end of the latter alone. */
export const fitted = (text: string, last: string, width: number): string => {
  const plain = stripVTControlCharacters(text);
  // A line that is cut loses its colours: an escape sequence cut in half would colour everything after it.
  if (displayWidth(plain) > width) return shortened(plain, width);
  const room = width - displayWidth(plain) - BETWEEN.length;
  return last === "" || room < 2 ? text : `${text}${BETWEEN}${shortened(last, room)}`;
};

/** What `--json` asks for, or the same in words. */
export const worded = (json: boolean | undefined, value: unknown, words: () => string): string =>
  json === true ? JSON.stringify(value, null, 2) : words();

/** A pipe without a reader, and a terminal that was closed. */
const GONE = new Set(["EPIPE", "EIO"]);

/**
 * The reader may have left (`| head`). The run continues all the same: one that died of it would leave its changes on the node.
 */
const outliveReaders = (): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (!GONE.has(error.code ?? "")) throw error;
    });
  }
};

export const createScreen = (): Screen => {
  outliveReaders();
  let progressShown = false;
  let isQuiet = false;
  const clear = (): void => {
    if (progressShown) process.stderr.write("\r\u001B[K");
    progressShown = false;
  };
  const colour = wantsColour(process.stdout);
  const errorColour = wantsColour(process.stderr);
  const styled = (style: Style, text: string): string =>
    errorColour ? styleText(style, text, { validateStream: false }) : text;
  return {
    columns: process.stdout.columns ?? 80,
    colour,
    result: (text) => {
      clear();
      process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    },
    quiet: () => {
      isQuiet = true;
    },
    info: (text) => {
      if (isQuiet) return;
      clear();
      process.stderr.write(`${text}\n`);
    },
    warn: (text) => {
      clear();
      process.stderr.write(`${styled("yellow", "warning:")} ${text}\n`);
    },
    progress: (text, last = "") => {
      if (isQuiet || !process.stderr.isTTY) return;
      const width = Math.max(20, (process.stderr.columns ?? 80) - 1);
      process.stderr.write(`\r\u001B[K${fitted(text, last, width)}`);
      progressShown = true;
    },
    style: styled,
  };
};
