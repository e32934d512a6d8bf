/** How a model may be computed, in this project's words; CPU is always there. */
export const EXECUTION_PROVIDERS = ["cuda", "tensorrt", "coreml", "cpu"] as const;
export type ExecutionProvider = (typeof EXECUTION_PROVIDERS)[number];

/**
 * Read ENCODER_EXECUTION_PROVIDERS: names with commas between them, the preferred one first.
 * @throws RangeError that names the unknown one.
 */
export function parseProviders(list: string): ExecutionProvider[] {
  const names = list
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  return names.map((name) => {
    const known = EXECUTION_PROVIDERS.find((provider) => provider === name);
    if (known) return known;
    throw new RangeError(`expected execution providers out of ${EXECUTION_PROVIDERS.join(", ")}, got ${name}`);
  });
}

/** What was tried, and why it was not to be. */
export interface RefusedProvider {
  provider: string;
  reason: string;
}

export interface ProviderPlan {
  /** To be tried in this order; ends with "cpu", which runs what the others cannot. */
  use: string[];
  refused: RefusedProvider[];
}

/** Which of the wanted providers this build of ONNX Runtime knows at all. */
export function planProviders(wanted: readonly string[], built: readonly string[]): ProviderPlan {
  const distinct = [...new Set(wanted)].filter((provider) => provider !== "cpu");
  const known = distinct.filter((provider) => built.includes(provider));
  const refused = distinct
    .filter((provider) => !built.includes(provider))
    .map((provider) => ({ provider, reason: `this build of ONNX Runtime has only ${built.join(", ")}` }));
  // What stands behind "cpu" in the list would never be asked.
  const before = wanted.indexOf("cpu") < 0 ? wanted : wanted.slice(0, wanted.indexOf("cpu"));
  return { use: [...known.filter((provider) => before.includes(provider)), "cpu"], refused };
}

/**
 * Open something with the first providers that work: one that fails is left out and said to be, down to the CPU alone.
 * @throws what the CPU says, when it fails as well: then the graph is at fault.
 */
export async function withProviders<T>(
  { use, refused }: ProviderPlan,
  open: (providers: string[]) => Promise<T>,
): Promise<{ opened: T; plan: ProviderPlan }> {
  try {
    return { opened: await open(use), plan: { use, refused } };
  } catch (error) {
    const [provider = "cpu", ...others] = use;
    if (others.length === 0) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return withProviders({ use: others, refused: [...refused, { provider, reason }] }, open);
  }
}
