import type { Cloth } from "./cloth.ts";

/** A t-shirt: short sleeves, crew neck. The canvas is 400 wide and 534 high. */
export function tShirt({ fill, dark, light }: Cloth): string {
  return `
    <path fill="${fill}" d="M142 96 L62 138 L34 222 L96 246 L110 206 L108 452 Q200 470 292 452 L290 206 L304 246 L366 222 L338 138 L258 96 Q200 142 142 96 Z"/>
    <path fill="${dark}" d="M142 96 Q200 142 258 96 Q200 114 142 96 Z"/>
    <path class="line" stroke="${light}" d="M138 98 Q200 158 262 98"/>
    <path class="seam" stroke="${dark}" d="M110 206 Q116 170 112 146 M290 206 Q284 170 288 146 M40 208 L101 231 M360 208 L299 231 M108 438 Q200 456 292 438"/>
    <path class="fold" stroke="${dark}" d="M150 300 Q164 360 148 424 M246 280 Q236 350 254 420 M196 330 Q204 380 198 420"/>`;
}

/** A sweater with long sleeves, ribbed neck and cuffs. */
export function longsleeve({ fill, dark, light }: Cloth): string {
  return `
    <path fill="${fill}" d="M146 86 L84 116 Q60 136 54 178 L22 420 L66 430 L104 236 L104 440 Q200 456 296 440 L296 236 L334 430 L378 420 L346 178 Q340 136 316 116 L254 86 Q200 122 146 86 Z"/>
    <path fill="${dark}" d="M146 86 Q200 122 254 86 Q200 100 146 86 Z"/>
    <path class="line" stroke="${light}" d="M141 88 Q200 138 259 88"/>
    <path fill="${dark}" opacity=".55" d="M25 398 L70 408 L66 430 L22 420 Z M375 398 L330 408 L334 430 L378 420 Z M104 416 Q200 432 296 416 L296 440 Q200 456 104 440 Z"/>
    <path class="seam" stroke="${dark}" d="M104 236 Q112 176 108 134 M296 236 Q288 176 292 134"/>
    <path class="fold" stroke="${dark}" d="M60 250 Q74 268 88 262 M340 250 Q326 268 312 262 M150 280 Q166 340 150 400 M248 270 Q236 340 252 400"/>`;
}

/** A shirt with collar, buttoned placket, cuffs and a breast pocket. */
export function shirt({ fill, base, dark, light }: Cloth): string {
  const buttons = [150, 202, 254, 306, 358, 410]
    .map((y) => `<circle cx="200" cy="${y}" r="4.5" fill="${light}" stroke="${dark}" stroke-width="1.5"/>`)
    .join("");
  return `
    <path fill="${fill}" d="M152 84 L86 112 Q62 130 56 172 L24 408 L70 418 L106 232 L102 446 Q150 474 200 458 Q250 474 298 446 L294 232 L330 418 L376 408 L344 172 Q338 130 314 112 L248 84 Q200 100 152 84 Z"/>
    <path fill="${dark}" d="M160 80 Q200 96 240 80 L200 124 Z"/>
    <path fill="${base}" stroke="${dark}" stroke-width="2.5" d="M158 70 Q146 84 144 100 L176 138 L200 112 Z M242 70 Q254 84 256 100 L224 138 L200 112 Z"/>
    <path fill="${base}" stroke="${dark}" stroke-width="2" d="M189 122 L211 122 L211 460 Q200 464 189 460 Z"/>
    ${buttons}
    <path fill="${fill}" stroke="${dark}" stroke-width="2" d="M232 190 L276 190 L276 230 L254 242 L232 230 Z"/>
    <path fill="${base}" stroke="${dark}" stroke-width="2" d="M28 376 L77 386 L70 418 L24 408 Z M372 376 L323 386 L330 418 L376 408 Z"/>
    <path class="seam" stroke="${dark}" d="M106 232 Q114 170 110 128 M294 232 Q286 170 290 128 M104 142 Q140 150 176 140 M296 142 Q260 150 224 140"/>`;
}

/** A hooded, zipped jacket with pockets. */
export function outwear({ fill, base, dark, light }: Cloth): string {
  return `
    <path fill="${fill}" d="M140 92 L82 118 Q54 140 46 190 L14 426 L72 440 L98 250 L94 456 Q200 474 306 456 L302 250 L328 440 L386 426 L354 190 Q346 140 318 118 L260 92 Z"/>
    <path fill="${base}" stroke="${dark}" stroke-width="3" d="M136 100 Q118 44 200 38 Q282 44 264 100 Q246 128 212 132 L200 150 L188 132 Q154 128 136 100 Z"/>
    <path fill="${dark}" d="M156 100 Q150 62 200 58 Q250 62 244 100 Q226 120 200 122 Q174 120 156 100 Z"/>
    <path stroke="${light}" stroke-width="5" d="M200 144 L200 464"/>
    <path stroke="${dark}" stroke-width="2" d="M193 140 L193 464 M207 140 L207 464"/>
    <rect x="195" y="150" width="10" height="20" rx="3" fill="${light}"/>
    <path stroke="${light}" stroke-width="3.5" d="M178 130 L174 190 M222 130 L226 190"/>
    <path fill="${base}" stroke="${dark}" stroke-width="3" d="M120 334 L176 318 L176 400 L120 400 Z M280 334 L224 318 L224 400 L280 400 Z"/>
    <path fill="${dark}" opacity=".6" d="M18 400 L76 413 L72 440 L14 426 Z M382 400 L324 413 L328 440 L386 426 Z M94 432 Q200 450 306 432 L306 456 Q200 474 94 456 Z"/>
    <path class="seam" stroke="${dark}" d="M98 250 Q108 180 100 136 M302 250 Q292 180 300 136 M104 220 L186 226 M296 220 L214 226"/>`;
}
