/** Whether there is a control plane to test against: `npm run test:k8s` makes it, and `npm test` never does. */

/** Where the program is that `scripts/k8s/build.ts` made. */
export const PROGRAM = process.env["TARE_TEST_CONTROL_PLANE"];

export const OBSTACLE =
  PROGRAM === undefined
    ? "a Kubernetes control plane takes 20 minutes to build: npm run test:k8s"
    : undefined;
