// oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
const ESCAPES = /\u001B(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])/g;

/** The last lines that hold anything, without terminal colours. */
export const lastLines = (text: string, count = 12): readonly string[] =>
  text
    .split(/[\r\n]+/)
    .map((line) => line.replace(ESCAPES, "").trimEnd())
    .filter((line) => line !== "")
    .slice(-count);
