/** What one line of a benchmark's JSON says. */
export interface Measured {
  readonly id: string;
  readonly target: string;
  readonly value: number;
  readonly unit: string;
  /** Null where a peer that the target compares with is not installed: measured, not judged. */
  readonly pass: boolean | null;
  /** Figures of other tools in the same run, by name; a text where one could not be had. */
  readonly peers: Readonly<Record<string, number | string>>;
  /** Fastest correct peer's time over ours, where the target is one of speed. */
  readonly ratio?: number;
}

/** A line of bench/quant.json. */
export interface Target extends Measured {
  /** The target's name in the issue: F2, O3, Risk. */
  readonly group: string;
}

/** One group of targets, measured when called. */
export type Measurement = () => Promise<readonly Target[]> | readonly Target[];

/** What `--quick` shortens: one repetition, fewer seeds, for a look and not for the record. */
export const quick = process.argv.includes("--quick");

/** Repetitions that a median is taken of. */
export const REPEATS = quick ? 1 : 5;

export const progress = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
