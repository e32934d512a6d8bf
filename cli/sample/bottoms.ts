import type { Cloth } from "./cloth.ts";

/** Long trousers with waistband, fly and pockets. The canvas is 400 wide and 534 high. */
export function pants({ fill, base, dark, light }: Cloth): string {
  return `
    <path fill="${fill}" d="M124 58 L276 58 Q292 130 296 220 L304 492 L226 496 L204 214 L196 214 L174 496 L96 492 L104 220 Q108 130 124 58 Z"/>
    <path fill="${dark}" opacity=".45" d="M200 180 L204 214 L226 496 L212 497 L200 240 L188 497 L174 496 L196 214 Z"/>
    <path fill="${base}" stroke="${dark}" stroke-width="2.5" d="M123 56 L277 56 L281 84 L119 84 Z"/>
    <path fill="${dark}" d="M148 52 h9 v34 h-9 Z M243 52 h9 v34 h-9 Z"/>
    <circle cx="200" cy="70" r="6" fill="${light}" stroke="${dark}" stroke-width="2"/>
    <path class="seam" stroke="${dark}" d="M200 84 L200 214 M200 178 Q220 168 218 86 M118 88 Q122 138 158 86 M282 88 Q278 138 242 86 M98 474 L176 478 M302 474 L224 478"/>
    <path class="fold" stroke="${dark}" d="M140 200 Q146 330 134 460 M260 200 Q254 330 266 460 M170 220 L150 240 M230 220 L250 240"/>`;
}

/** Shorts with a drawstring. */
export function shorts({ fill, base, dark, light }: Cloth): string {
  return `
    <path fill="${fill}" d="M104 122 L296 122 Q318 220 346 388 L224 412 L203 268 L197 268 L176 412 L54 388 Q82 220 104 122 Z"/>
    <path fill="${dark}" opacity=".45" d="M200 228 L203 268 L224 412 L210 412 L200 300 L190 412 L176 412 L197 268 Z"/>
    <path fill="${base}" stroke="${dark}" stroke-width="2.5" d="M102 118 L298 118 L306 156 L94 156 Z"/>
    <path class="fold" stroke="${dark}" d="M120 122 v32 M140 122 v32 M160 122 v32 M240 122 v32 M260 122 v32 M280 122 v32"/>
    <path stroke="${light}" stroke-width="5" d="M188 140 Q176 180 182 222 M212 140 Q224 180 218 214"/>
    <path class="seam" stroke="${dark}" d="M200 156 L200 268 M92 170 Q96 226 134 246 M308 170 Q304 226 266 246 M58 368 L178 391 M342 368 L222 391"/>
    <path class="fold" stroke="${dark}" d="M128 270 Q122 320 110 372 M272 270 Q278 320 290 372"/>`;
}

/** A pleated, flared skirt. */
export function skirt({ fill, base, dark }: Cloth): string {
  const pleats = [-4, -3, -2, -1, 0, 1, 2, 3, 4]
    .map((n) => `M${200 + n * 14} 142 Q${200 + n * 24} 270 ${200 + n * 33} ${440 - Math.abs(n) * 4}`)
    .join(" ");
  return `
    <path fill="${fill}" d="M132 112 L268 112 Q292 230 362 414 Q330 436 300 424 Q274 446 244 432 Q222 450 200 436 Q178 450 156 432 Q126 446 100 424 Q70 436 38 414 Q108 230 132 112 Z"/>
    <path class="fold" stroke="${dark}" stroke-width="4" d="${pleats}"/>
    <path fill="${base}" stroke="${dark}" stroke-width="2.5" d="M131 104 L269 104 L274 142 L126 142 Z"/>`;
}
