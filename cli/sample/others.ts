import type { Cloth } from "./cloth.ts";

/** A sleeveless dress, fitted at the waist, wide at the hem. The canvas is 400 wide and 534 high. */
export function dress({ fill, base, dark }: Cloth): string {
  return `
    <path fill="${fill}" d="M146 40 L170 36 Q176 92 200 96 Q224 92 230 36 L254 40 Q258 96 284 130 Q262 180 258 230 Q300 350 338 478 Q270 502 200 500 Q130 502 62 478 Q100 350 142 230 Q138 180 116 130 Q142 96 146 40 Z"/>
    <path fill="${dark}" opacity=".7" d="M170 36 Q176 92 200 96 Q224 92 230 36 Q226 74 200 78 Q174 74 170 36 Z"/>
    <path fill="${base}" stroke="${dark}" stroke-width="2" d="M141 222 Q200 238 259 222 L262 246 Q200 262 138 246 Z"/>
    <path class="fold" stroke="${dark}" stroke-width="4" d="M160 258 Q142 370 112 482 M182 260 Q174 380 160 494 M218 260 Q226 380 240 494 M240 258 Q258 370 288 482"/>
    <path class="seam" stroke="${dark}" d="M150 140 Q172 180 166 226 M250 140 Q228 180 234 226"/>`;
}

/** A cap with a curved brim. */
export function cap({ fill, base, dark, light }: Cloth): string {
  return `
    <path fill="${fill}" d="M72 300 Q66 160 196 148 Q310 146 316 290 Q200 262 72 300 Z"/>
    <path fill="${base}" stroke="${dark}" stroke-width="3" d="M150 282 Q260 262 316 288 Q384 304 390 342 Q384 356 360 346 Q280 312 176 336 Q140 340 150 282 Z"/>
    <path fill="${dark}" opacity=".5" d="M160 322 Q270 296 372 340 Q280 314 176 336 Q164 336 160 322 Z"/>
    <path class="seam" stroke="${dark}" d="M194 148 Q150 190 148 284 M194 148 Q254 190 262 272 M194 148 Q110 176 92 294"/>
    <circle cx="194" cy="147" r="9" fill="${dark}"/>
    <path stroke="${light}" stroke-width="4" d="M76 286 Q198 250 312 278"/>
    <circle cx="222" cy="220" r="20" fill="${light}" opacity=".8"/>`;
}

/** A knitted hat with a bobble and a folded edge. */
export function beanie({ fill, base, dark, light }: Cloth): string {
  const ribs = Array.from({ length: 13 }, (_, n) => `M${92 + n * 18} 312 v66`).join(" ");
  return `
    <circle cx="200" cy="122" r="40" fill="${light}"/>
    <path class="fold" stroke="${dark}" d="M176 108 l14 12 M204 92 l4 18 M226 118 l-16 10 M186 140 l14 -8"/>
    <path fill="${fill}" d="M88 330 Q84 150 200 148 Q316 150 312 330 Z"/>
    <path class="seam" stroke="${dark}" d="M132 310 Q128 200 186 152 M268 310 Q272 200 214 152 M200 310 L200 152"/>
    <rect x="76" y="306" width="248" height="78" rx="22" fill="${base}" stroke="${dark}" stroke-width="3"/>
    <path stroke="${dark}" stroke-width="4" opacity=".55" d="${ribs}"/>`;
}

/** A pair of trainers from the side, one behind the other. */
export function trainers(cloth: Cloth): string {
  return `
    <g transform="translate(34 96) scale(.86)">${trainer(cloth)}</g>
    <g transform="translate(20 236)">${trainer(cloth)}</g>`;
}

function trainer({ fill, base, dark, light }: Cloth): string {
  return `
    <path fill="${fill}" d="M16 60 Q14 34 40 36 Q58 62 96 50 Q118 40 132 20 Q156 14 170 28 L226 86 Q262 106 318 112 Q352 120 350 158 L14 158 Q6 110 16 60 Z"/>
    <path fill="${base}" stroke="${dark}" stroke-width="3" d="M250 158 Q250 116 292 108 Q352 112 350 158 Z M14 158 Q8 120 14 84 Q60 92 70 158 Z"/>
    <path stroke="${light}" stroke-width="7" d="M146 58 l34 -18 M166 78 l34 -18 M186 96 l32 -18 M98 150 Q120 104 158 112 M128 152 Q146 122 176 122"/>
    <path fill="#f3f1ea" stroke="${dark}" stroke-width="3" d="M8 156 L354 156 Q364 176 352 188 L24 190 Q6 184 8 156 Z"/>
    <path class="seam" stroke="${dark}" d="M12 172 L356 172"/>`;
}

/** A pair of ankle boots. */
export function boots(cloth: Cloth): string {
  return `
    <g transform="translate(46 56) scale(.86)">${boot(cloth)}</g>
    <g transform="translate(30 190)">${boot(cloth)}</g>`;
}

function boot({ fill, dark, light }: Cloth): string {
  return `
    <path fill="${fill}" d="M40 16 Q100 4 152 16 Q152 80 166 120 Q210 150 270 158 Q328 170 324 224 L30 224 Q44 130 40 16 Z"/>
    <path fill="${dark}" d="M40 16 Q100 4 152 16 Q100 32 40 16 Z M28 222 L326 222 L326 242 L128 242 L118 262 L28 262 Z"/>
    <path fill="${dark}" opacity=".6" d="M84 26 L112 26 L106 104 L92 104 Z"/>
    <path class="seam" stroke="${light}" d="M40 130 Q110 150 166 120 M262 160 Q236 186 240 222"/>
    <path stroke="${light}" stroke-width="5" d="M26 40 q-10 -20 4 -28 q12 6 8 28"/>`;
}
