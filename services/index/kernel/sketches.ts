import { type AxesPlace, coordinateError, project } from "./axes.ts";
import { CODE_EXTRA_BYTES, ROWS_AT_ONCE } from "./bounds-module.ts";
import { type CodeView, inReach, quantise, UPWARDS } from "./codes.ts";
import { type Rotation, SKETCH_VALUES } from "./rotation.ts";
import { compiledScan, FUNCTIONS, QUERIES, type ScanFunction } from "./scan-module.ts";
import { Scratch } from "./scratch.ts";
import { sharedMemory } from "./shared-memory.ts";

/** A line of the cache. */
export const SKETCH_BYTES = SKETCH_VALUES + CODE_EXTRA_BYTES;
/** Behind the axes: the number of their rotation, 0 without one, and how many rows have sketches, the first ones. */
export const STATE = { rotation: 0, rows: 1 } as const;

/** What a thread needs to read sketches: the memory, in which the axes lie behind the rows' sketches, and the state behind them. */
export interface SketchHandle {
  memory: WebAssembly.Memory;
  axes: AxesPlace;
}

/** The place of the state among a sketch memory's integers. */
export function stateOf({ axes: { first, stride } }: SketchHandle): number {
  return (first + SKETCH_VALUES) * stride;
}

/** All writing of sketches is on one thread and without awaiting. */
let writing: Scratch | undefined;
const coordinates = new Float32Array(SKETCH_VALUES);

/**
 * Very short codes of a block's rows: where they lie along a few axes, which are learned from the rows once there are some, and
 * how much of them is beside the axes.
 */
export class Sketches {
  readonly handle: SketchHandle;
  readonly #view: CodeView;
  readonly #state: number;
  #scan: ScanFunction | undefined;

  constructor({ stride, capacity }: { stride: number; capacity: number }) {
    // A scan may read the sketches of a few rows behind the last one.
    const first = Math.ceil(((capacity + ROWS_AT_ONCE) * SKETCH_BYTES) / (stride * 4));
    const bytes = (first + SKETCH_VALUES) * stride * 4 + 64;
    const memory = sharedMemory(bytes);
    this.handle = { memory, axes: { stride, first } };
    this.#state = stateOf(this.handle);
    const { buffer } = memory;
    this.#view = { bytes: new Int8Array(buffer), integers: new Int32Array(buffer), floats: new Float32Array(buffer) };
  }

  /** Rows that have sketches: the first ones. */
  get rows(): number {
    return this.#view.integers[this.#state + STATE.rows]!;
  }

  /** Whether rows can have sketches. */
  get turned(): boolean {
    return this.#scan !== undefined;
  }

  /**
   * Use these axes from now on; once.
   * @throws RangeError if there are axes already
   */
  turn({ id, values }: Rotation): void {
    if (this.turned) throw new RangeError("expected a block without axes, it has some");
    const { memory, axes } = this.handle;
    const dimensions = values.length / SKETCH_VALUES;
    for (let n = 0; n < SKETCH_VALUES; n++) {
      this.#view.floats.set(values.subarray(n * dimensions, (n + 1) * dimensions), (axes.first + n) * axes.stride);
    }
    writing ??= new Scratch();
    const imports = { scratch: { memory: writing.memory }, rows: { memory } };
    const { exports } = new WebAssembly.Instance(compiledScan(), imports);
    this.#scan = exports[FUNCTIONS.ip.one.name] as ScanFunction;
    Atomics.store(this.#view.integers, this.#state + STATE.rotation, id);
  }

  /** Sketch the row behind those that have sketches. */
  append(vector: Float32Array): void {
    const { stride } = this.handle.axes;
    const row = this.rows;
    const scratch = writing!;
    scratch.reserve(QUERIES + stride * 4);
    scratch.floats.set(vector, QUERIES / 4);
    scratch.floats.fill(0, QUERIES / 4 + vector.length, QUERIES / 4 + stride);
    const finite = project(this.#scan!, scratch, this.handle.axes, coordinates);
    if (!finite) coordinates.fill(0);
    writeSketch(this.#view, row * SKETCH_BYTES, vector, finite, coordinateError(stride));
    Atomics.store(this.#view.integers, this.#state + STATE.rows, row + 1);
  }
}

/**
 * Like a code: the row is x = a·u + r, where u is the direction of its code among the axes. All that is not along the axes is in r;
 * what the code leaves over of what is along them is at most {@link LEFT_OVER} times a over the length of the code.
 */
function writeSketch(view: CodeView, at: number, vector: Float32Array, finite: boolean, error: number): void {
  let square = 0;
  for (let n = 0; n < vector.length; n++) square += vector[n]! ** 2;
  const { along, ofCode, sum } = quantise(view.bytes, at, coordinates);
  const length = Math.sqrt(ofCode);
  const a = ofCode > 0 ? along / length : 0;
  const known = finite && inReach(Math.sqrt(square));
  const place = (at + SKETCH_VALUES) / 4;
  view.floats[place] = known ? a : 0;
  const rest = Math.sqrt(Math.max(0, square * (1 + 3 * error) - a * a)) * UPWARDS;
  view.floats[place + 1] = known ? rest : square === 0 ? 0 : Number.POSITIVE_INFINITY;
  view.floats[place + 2] = known && ofCode > 0 ? 1 / length : 0;
  view.integers[place + 3] = sum;
}

/** Half a step a value, √48 / 2 of them; the step is not more than 1.03 times a over the length of the code. */
export const LEFT_OVER = (Math.sqrt(SKETCH_VALUES) / 2) * 1.03;
