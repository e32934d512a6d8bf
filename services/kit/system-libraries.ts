import process from "node:process";

/** Where packages of a system put libraries, Homebrew first. */
export const systemLibraryFolders: readonly string[] = [
  "/opt/homebrew/lib",
  "/usr/local/lib",
  `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`,
  "/usr/lib64",
  "/usr/lib",
];
