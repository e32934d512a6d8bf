/** The server's limit of one photo. */
export const MAX_PHOTO_BYTES = 10 * 1024 * 1024;
/** What the server reads. */
const TYPES: readonly string[] = ["image/jpeg", "image/png", "image/webp", "image/avif"];
/** For `<input accept>`. */
export const PHOTO_TYPES = TYPES.join(",");

/** Why a file is refused before it is sent, and what to do about it. */
export interface Refusal {
  reason: string;
  advice: string;
}

/** What is wrong with a file that is to be a photo; undefined: nothing that can be seen from here. */
export function photoRefusal({ size, type }: Pick<File, "size" | "type">): Refusal | undefined {
  if (size === 0) return { reason: "The file is empty.", advice: "Choose another photo." };
  if (!TYPES.includes(type)) {
    const reason = type.startsWith("image/") ? `${kindOf(type)} photos cannot be read here.` : "This is no photo.";
    return { reason, advice: "Save it as JPEG, PNG, WebP or AVIF and add it again." };
  }
  if (size > MAX_PHOTO_BYTES) {
    return { reason: `It has ${megabytes(size)} MB; 10 MB are allowed.`, advice: "Make it smaller and add it again." };
  }
  return undefined;
}

/** "image/svg+xml" → "SVG". */
function kindOf(type: string): string {
  return type.replace(/^image\/(x-)?|\+.*/g, "").toUpperCase();
}

function megabytes(bytes: number): string {
  return (bytes / (1024 * 1024)).toFixed(1);
}
