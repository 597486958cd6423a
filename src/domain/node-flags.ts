/** What this Node was told that holds for the Node programs it starts, too: how to live where the CPU is emulated. */
export const nodeFlags = (): readonly string[] =>
  process.execArgv.filter((flag) => flag === "--single-threaded");
