/** JSON lets U+2028 and U+2029 stand as they are, but much that reads line by line ends a line there. */
export const oneLine = (json: string): string =>
  json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
