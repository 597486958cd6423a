const LAST_LINES = 12;

/** The end of a program's output, for an error. */
export const lastLines = (text: string, count = LAST_LINES): string =>
  text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
