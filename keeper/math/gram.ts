/**
 * Sums of outer products x x' over many rows, as moments and curvatures need them. Rows are packed into a panel column by column;
 * the sum runs down two columns by two, so every value loaded is used twice and the result is touched once a panel.
 */

/** Rows of a panel. Not a power of two: columns a power of two apart would share cache lines. */
export const PANEL_ROWS = 120;

/** A panel for this many columns; column a starts at a * PANEL_ROWS. One column of zeros completes an odd number. */
export const panelFor = (columns: number): Float64Array => new Float64Array((columns + 1) * PANEL_ROWS);

/** Adds the panel's first `rows` rows to the lower triangle of `out`, row-major, columns x columns. */
export function addGram(panel: Float64Array, columns: number, rows: number, out: Float64Array): void {
  for (let a = 0; a < columns; a += 2) {
    const top = a * columns;
    const hasNext = a + 1 < columns;
    for (let b = 0; b <= a; b += 2) {
      let i = a * PANEL_ROWS;
      let j = b * PANEL_ROWS;
      const end = i + rows;
      let first = 0;
      let across = 0;
      let below = 0;
      let last = 0;
      for (; i < end; i++, j++) {
        const x = panel[i] ?? 0;
        const y = panel[i + PANEL_ROWS] ?? 0;
        const u = panel[j] ?? 0;
        const v = panel[j + PANEL_ROWS] ?? 0;
        first += x * u;
        across += x * v;
        below += y * u;
        last += y * v;
      }
      out[top + b] = (out[top + b] ?? 0) + first;
      if (b < a) out[top + b + 1] = (out[top + b + 1] ?? 0) + across;
      if (!hasNext) continue;
      const under = top + columns + b;
      out[under] = (out[under] ?? 0) + below;
      out[under + 1] = (out[under + 1] ?? 0) + last;
    }
  }
}
