/** The only writer to the terminal. Results go to standard output; progress, hints and problems go to standard error. */
import { stripVTControlCharacters, styleText } from "node:util";
import { failedTo, type TareError } from "../domain/errors.ts";
import { harmless } from "./harmless.ts";
import { displayWidth, shortened } from "../report/width.ts";

type Style = "bold" | "dim" | "red" | "yellow" | "green";

export interface Screen {
  readonly columns: number;
  readonly colour: boolean;
  /** Whether lines of progress replace each other; in a log one of them is kept now and then. */
  readonly isLive: boolean;
  /** Standard output. */
  result(text: string): void;
  /** Standard error. */
  info(text: string): void;
  /** From now on neither notes nor progress are shown; warnings, errors and results are. */
  quiet(): void;
  warn(text: string): void;
  error(text: string): void;
  /** A line that the next one replaces on a terminal, where `last` is shortened first; a log gets one where nothing else was said for `LOGGED_EVERY_MS`. */
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

/** Often enough to see that a run goes on; a run of an hour still fits on two screens. */
export const LOGGED_EVERY_MS = 30_000;

/** Whether a log has been silent for so long that a line of progress is due. */
export const createSilence = (
  now: () => number,
): { readonly broken: () => void; readonly isTooLong: () => boolean } => {
  let last = now();
  return {
    broken: () => {
      last = now();
    },
    isTooLong: () => now() - last >= LOGGED_EVERY_MS,
  };
};

/** A pipe without a reader, and a terminal that was closed. A disk says EIO too, and then the result is lost. */
const hasNoReader = ({ code }: NodeJS.ErrnoException): boolean =>
  code === "EPIPE" || (code === "EIO" && process.stdout.isTTY);

const resultLost = (error: unknown): TareError =>
  failedTo(
    "record-failed",
    "write the result to standard output",
    error,
    "make room, or send it elsewhere; what a run has measured is in its record, and `tare report RUN` shows it again",
  );

/**
 * The reader may have left (`| head`), and a log may be on a full disk. The run continues all the same: one that died of it would leave its changes
 * on the node. Only a result that is wanted and cannot be written is an error.
 */
const outliveReaders = (): void => {
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", (error) => {
    if (!hasNoReader(error)) throw resultLost(error);
  });
};

/** A file throws at once, whatever listens for its errors. */
const tell = (text: string): void => {
  try {
    process.stderr.write(text);
  } catch {
    // There is nobody else to tell.
  }
};

const handOver = (text: string): void => {
  try {
    process.stdout.write(text);
  } catch (error) {
    throw resultLost(error);
  }
};

export const createScreen = (): Screen => {
  outliveReaders();
  const isLive = process.stderr.isTTY;
  let progressShown = false;
  let isQuiet = false;
  const clear = (): void => {
    if (progressShown) tell("\r\u001B[K");
    progressShown = false;
  };
  const colour = wantsColour(process.stdout);
  const errorColour = wantsColour(process.stderr);
  const styled = (style: Style, text: string): string =>
    errorColour ? styleText(style, text, { validateStream: false }) : text;
  const silence = createSilence(() => performance.now());
  const say = (text: string): void => {
    clear();
    tell(`${harmless(text, errorColour)}\n`);
    silence.broken();
  };
  return {
    columns: process.stdout.columns ?? 80,
    colour,
    isLive,
    result: (text) => {
      clear();
      // A file or another program gets it as it is.
      const shown = process.stdout.isTTY ? harmless(text, colour) : text;
      handOver(shown.endsWith("\n") ? shown : `${shown}\n`);
    },
    quiet: () => {
      isQuiet = true;
    },
    info: (text) => {
      if (!isQuiet) say(text);
    },
    warn: (text) => {
      say(`${styled("yellow", "warning:")} ${text}`);
    },
    error: say,
    progress: (text, last = "") => {
      if (isQuiet) return;
      if (!isLive) {
        if (silence.isTooLong()) say(last === "" ? text : `${text}${BETWEEN}${last}`);
        return;
      }
      const width = Math.max(20, (process.stderr.columns ?? 80) - 1);
      const shown = fitted(harmless(text, errorColour), harmless(last, false).replaceAll("\n", " "), width);
      tell(`\r\u001B[K${shown}`);
      progressShown = true;
    },
    style: styled,
  };
};
