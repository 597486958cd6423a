/** What traces the kernel would be traced by another test that does, so it says so where tests run beside each other. */

/** Throws in a test that is not of the project `kernel`. */
export const mustBeAlone = (what: string): void => {
  if (process.env["TARE_TEST_PROJECT"] === "processes")
    throw new Error(`a test that runs beside others starts ${what}; add it to KERNEL in vitest.config.ts`);
};
