/** On every object of the manifests, so that they can be listed and removed together. */
import { APP } from "../objects/labels.ts";

export const LABELS = { [APP]: "tare" };
