/** Coverage of prediction intervals, counted point by point. */
/** How often what came lay inside the intervals. */
export class Coverage {
  readonly #levels: readonly number[];
  readonly #hits: number[];
  points = 0;
  constructor(levels: readonly number[]) {
    this.#levels = levels;
    this.#hits = levels.map(() => 0);
  }
  add(
    bands: readonly { readonly lower: ArrayLike<number>; readonly upper: ArrayLike<number> }[],
    ahead: readonly number[],
  ): void {
    ahead.forEach((value, k) => {
      if (Number.isNaN(value)) return;
      this.points++;
      this.#levels.forEach((_, b) => {
        const inside = value >= (bands[b]?.lower[k] ?? Number.NaN) && value <= (bands[b]?.upper[k] ?? Number.NaN);
        if (inside) this.#hits[b] = (this.#hits[b] ?? 0) + 1;
      });
    });
  }
  percent(level: number): number {
    return (100 * (this.#hits[level] ?? 0)) / this.points;
  }
}
