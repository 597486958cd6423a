/** On every object of the manifests, so that they can be listed and removed together. */
export const LABELS = { "app.kubernetes.io/name": "tare" } as const;
