/**
 * Percent where fractions are meant, and both in one column: what the numbers themselves give away. Returns that cannot be
 * fractions are refused where they are read; what is possible and improbable, or merely mixed, is said and used as it stands.
 */
import { median } from "../math/statistics.ts";
import type { Table } from "./table.ts";

/** A typical step of this size is no day's return of a portfolio, but often one in percent. */
const LARGE_STEP = 0.05;
/** No asset gains or loses half of the money in every other step: yields in percent do. */
const IMPOSSIBLE_STEP = 0.5;

/** Two units of one yield are a factor of a hundred apart; yields themselves move meanwhile. */
const LEAST_FACTOR = 50;
const MOST_FACTOR = 200;
/** Emptiness between the two units: no yield of the one looks like one of the other. */
const LEAST_GAP = 5;
/** Fewer values on one side are spikes. */
const FEWEST = 3;

interface Place {
  readonly row: number;
  readonly column: string;
  readonly value: number;
}

const sizesOf = ({ rows }: Table, i: number): number[] =>
  rows.map((row) => Math.abs(row[i] ?? Number.NaN)).filter((size) => !Number.isNaN(size));

/** Row of the first cell of a column as large as `least`. */
function firstAsLarge(table: Table, i: number, least: number): Place | null {
  const t = table.rows.findIndex((row) => Math.abs(row[i] ?? 0) >= least);
  if (t < 0) return null;
  return { row: table.rowNumbers[t] ?? 0, column: table.columns[i] ?? "", value: table.rows[t]?.[i] ?? Number.NaN };
}

/** The first cell of a column of which half is larger than any return; null when there is none. */
export function impossibleReturn(table: Table): Place | null {
  for (const i of table.columns.keys()) {
    const typical = median(sizesOf(table, i));
    const place = typical > IMPOSSIBLE_STEP ? firstAsLarge(table, i, typical) : null;
    if (place !== null) return place;
  }
  return null;
}

/** A hint for every column whose returns may be in percent without any of them being impossible as a fraction. */
export function largeReturnHints(table: Table, columns: readonly number[] = [...table.columns.keys()]): string[] {
  return columns.flatMap((i) => {
    const sizes = sizesOf(table, i);
    const typical = sizes.length === 0 ? 0 : median(sizes);
    const place = typical > LARGE_STEP ? firstAsLarge(table, i, typical) : null;
    if (place === null) return [];
    return [
      `${table.file}, row ${place.row}, column "${place.column}": ${place.value}, and half of the column's returns are larger than ` +
        `${(100 * typical).toFixed(1)} % a step: if the file holds percent, divide by 100.`,
    ];
  });
}

/** Fractions and percent in one column: two clusters a factor of about a hundred apart with nothing between. */
function mixedUnits(table: Table, i: number): string | null {
  const sizes = sizesOf(table, i)
    .filter((size) => size > 0)
    .sort((a, b) => a - b);
  let cut = 0;
  let widest = LEAST_GAP;
  for (let k = FEWEST; k <= sizes.length - FEWEST; k++) {
    const gap = (sizes[k] ?? 0) / (sizes[k - 1] ?? 1);
    if (gap <= widest) continue;
    widest = gap;
    cut = k;
  }
  if (cut === 0) return null;
  const small = median(sizes.slice(0, cut));
  const large = median(sizes.slice(cut));
  if (large < LEAST_FACTOR * small || large > MOST_FACTOR * small) return null;
  // The first cell whose unit is not that of the one before it.
  const bound = sizes[cut] ?? 0;
  let before: number | null = null;
  for (const [t, row] of table.rows.entries()) {
    const value = row[i] ?? Number.NaN;
    if (Number.isNaN(value) || value === 0) continue;
    if (before !== null && Math.abs(value) >= bound !== Math.abs(before) >= bound)
      return (
        `${table.file}, row ${table.rowNumbers[t] ?? 0}, column "${table.columns[i]}": ${value} follows ${before}: the column's values are near ` +
        `${Number(small.toPrecision(2))} or near ${Number(large.toPrecision(2))}, as fractions and percent are. Bring all rows to one unit; they are used as they stand.`
      );
    before = value;
  }
  return null;
}

/** What a forecast of a column should not pass over in silence. Its unit is the user's: only a return has one of its own. */
export function forecastUnitHints(table: Table, column: string): string[] {
  const i = table.columns.indexOf(column);
  const mixed = mixedUnits(table, i);
  const isReturn = /(^|[^a-z])ret(urns?)?([^a-z]|$)/i.test(column);
  return [...(mixed === null ? [] : [mixed]), ...(isReturn ? largeReturnHints(table, [i]) : [])];
}
