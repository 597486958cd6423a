/** Of what a program said before it ended the line that tells why: with what it does on its way out behind it, or its usage. */

const TELLS_WHY =
  /\b(?:cannot|can't|could(?: not|n't)|denied|error|exception|fail(?:ed|ure)?|fatal|invalid|no such|not (?:allowed|found|permitted|supported)|panic|refused|unable|unknown|unrecognized)\b/i;

const LENGTH = 400;

/** The last that names a failure, or else the last of all, cut to some hundred characters; empty where it said nothing. */
export const tellingLine = (text: string): string => {
  const lines = text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const line = lines.findLast((one) => TELLS_WHY.test(one)) ?? lines.at(-1) ?? "";
  return line.length > LENGTH ? `${line.slice(0, LENGTH)} ...` : line;
};
