import { fileURLToPath } from "node:url";

/** The repository's root folder, with a closing slash. */
export const root = fileURLToPath(new URL("../../", import.meta.url));
/** Where tools are installed that npm ci does not bring. */
export const toolsFolder = `${root}.tools/`;
