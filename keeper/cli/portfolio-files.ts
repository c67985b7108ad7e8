/** Files of the portfolio verbs: returns, weights and groups, each refused with file, place and remedy. */
import { z } from "zod";
import { InputError } from "../kernel/errors.ts";
import type { GroupLimit } from "../optimize/portfolio/problem.ts";
import { decimal, readText } from "./context.ts";
import { jsonFault, parseJsonText } from "./json-text.ts";
import { csvLines, readTable, requireComplete, type Table } from "./table.ts";
import { impossibleReturn } from "./unit-hints.ts";

export class PercentReturnsError extends InputError {
  readonly code = "RETURNS_IN_PERCENT";
  readonly file: string;
  readonly row: number;
  readonly column: string;
  readonly value: number;
  constructor(file: string, row: number, column: string, value: number) {
    super(
      `${file}, row ${row}, column "${column}": ${value} as a simple return per step is more than an asset gains or loses, as a fraction ` +
        "of the money. The file seems to hold percent or prices. Divide percent by 100; turn prices p into p[t] / p[t-1] - 1.",
    );
    this.file = file;
    this.row = row;
    this.column = column;
    this.value = value;
  }
}

export class RowsTooFewError extends InputError {
  readonly code = "RETURNS_TOO_FEW";
  readonly file: string;
  readonly rows: number;
  constructor(file: string, rows: number, needed: number, why: string) {
    super(
      `${file} has ${rows} rows of returns; ${why} needs at least ${needed}. Give a longer history or fewer assets.`,
    );
    this.file = file;
    this.rows = rows;
  }
}

export class AssetFileError extends InputError {
  readonly code = "ASSET_FILE";
  readonly file: string;
  constructor(file: string, fault: string, remedy: string, cause?: unknown) {
    super(`${file}: ${fault}. ${remedy}`, cause === undefined ? undefined : { cause });
    this.file = file;
  }
}

/** Squares of such returns are below what numbers can hold: every variance would be zero. */
const TINY = 1e-100;

/** A simple return may not lose more than everything; ten times the money in one step is no return of a pool either. */
const LEAST = -1;
const MOST = 10;

/** @throws typed errors naming file, row and column. */
export async function readReturns(file: string): Promise<Table> {
  const table = requireComplete(await readTable(file));
  if (table.rows.length < 2) throw new RowsTooFewError(file, table.rows.length, 2, "any estimate");
  table.rows.forEach((row, t) => {
    row.forEach((value, i) => {
      if (value <= LEAST || value > MOST) {
        throw new PercentReturnsError(file, table.rowNumbers[t] ?? 0, table.columns[i] ?? "", value);
      }
    });
  });
  const place = impossibleReturn(table);
  if (place !== null) throw new PercentReturnsError(file, place.row, place.column, place.value);
  const largest = table.rows.flat().reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest > 0 && largest < TINY)
    throw new AssetFileError(
      file,
      `the largest return is ${largest}, too small to compute with`,
      "Check the unit: simple returns per step, as fractions.",
    );
  return table;
}

function parseJson(file: string, text: string): unknown {
  try {
    return parseJsonText(text);
  } catch (cause) {
    throw new AssetFileError(file, jsonFault(cause), "Correct it, or give a CSV file.", cause);
  }
}

const WEIGHTS_SHAPE = 'Write {"asset": weight, ...} as JSON, or lines "asset,weight" as CSV; 25 % is 0.25.';
const weightsSchema = z.record(z.string(), z.number());
/** Ten times the money in one asset is a slip of the unit. */
const MOST_WEIGHT = 10;
/** Shares in percent are rounded before they are written down. */
const PERCENT_ROOM = 0.5;

/** Weights by asset name; assets of the returns that the file leaves out have none. */
export async function readWeights(file: string, assets: readonly string[]): Promise<number[]> {
  const text = await readText(file);
  const entries = new Map<string, number>();
  if (/\.json$/i.test(file)) {
    const parsed = weightsSchema.safeParse(parseJson(file, text));
    if (!parsed.success)
      throw new AssetFileError(file, "it does not hold one number per asset", WEIGHTS_SHAPE, parsed.error);
    for (const [name, weight] of Object.entries(parsed.data)) entries.set(name, weight);
  } else {
    for (const [i, { cells, number }] of csvLines(file, text).entries()) {
      const [name = "", value = ""] = cells;
      const weight = decimal(value);
      if (i === 0 && Number.isNaN(weight) && /weight/i.test(value)) continue;
      if (cells.length !== 2 || !Number.isFinite(weight)) {
        throw new AssetFileError(file, `line ${number} is not "asset,weight"`, WEIGHTS_SHAPE);
      }
      if (entries.has(name)) throw new AssetFileError(file, `"${name}" stands twice`, "Keep one line per asset.");
      entries.set(name, weight);
    }
  }
  if (entries.size === 0) throw new AssetFileError(file, "it holds no weight", WEIGHTS_SHAPE);
  const total = [...entries.values()].reduce((all, w) => all + w, 0);
  if (Math.abs(total - 100) <= PERCENT_ROOM)
    throw new AssetFileError(
      file,
      `the weights sum to ${Number(total.toPrecision(12))}, as percent do`,
      "Divide them by 100: they are shares of the portfolio.",
    );
  for (const [name, weight] of entries) {
    if (Math.abs(weight) > MOST_WEIGHT)
      throw new AssetFileError(
        file,
        `the weight of "${name}" is ${weight}`,
        `Give shares of the portfolio, from -${MOST_WEIGHT} to ${MOST_WEIGHT}; divide percent by 100.`,
      );
    if (!assets.includes(name)) {
      throw new AssetFileError(
        file,
        `"${name}" is no column of the returns`,
        `Choose from: ${assets.slice(0, 12).join(", ")}.`,
      );
    }
  }
  return assets.map((name) => entries.get(name) ?? 0);
}

const GROUPS_SHAPE =
  'Write [{"name": "staked", "members": ["a", "b"], "cap": 0.3, "floor": 0}] as JSON, or lines "group,asset,cap" as CSV; ' +
  "caps are shares from 0 to 1: 30 % is 0.3.";
const groupsSchema = z.array(
  z.strictObject({
    name: z.string(),
    members: z.array(z.string()).min(1),
    cap: z.number().min(0).max(1),
    floor: z.number().min(0).max(1).optional(),
  }),
);

/** Current weights that a turnover is counted from: all of the portfolio, so that buying and selling balance. */
export async function readHoldings(file: string, assets: readonly string[]): Promise<number[]> {
  const weights = await readWeights(file, assets);
  const total = weights.reduce((all, w) => all + w, 0);
  if (Math.abs(total - 1) > 1e-6)
    throw new AssetFileError(
      file,
      `the current weights sum to ${total}, not to 1`,
      "Scale them, or give what is held in cash as an asset of its own, with a column of returns.",
    );
  return weights;
}

/** Groups whose total weight is bounded: shared risks. */
export async function readGroups(file: string, assets: readonly string[]): Promise<GroupLimit[]> {
  const text = await readText(file);
  const groups = new Map<string, { members: string[]; cap: number; floor: number | null }>();
  if (/\.json$/i.test(file)) {
    const parsed = groupsSchema.safeParse(parseJson(file, text));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new AssetFileError(file, `${issue?.path.join(".")}: ${issue?.message}`, GROUPS_SHAPE, parsed.error);
    }
    for (const { name, members, cap, floor } of parsed.data) {
      if (groups.has(name))
        throw new AssetFileError(file, `group "${name}" stands twice`, "Give every group one name and one entry.");
      groups.set(name, { members, cap, floor: floor ?? null });
    }
  } else {
    for (const [i, { cells, number }] of csvLines(file, text).entries()) {
      const [name = "", asset = "", limit = ""] = cells;
      const cap = decimal(limit);
      if (i === 0 && Number.isNaN(cap) && /cap/i.test(limit)) continue;
      if (cells.length !== 3 || !(cap >= 0 && cap <= 1)) {
        throw new AssetFileError(file, `line ${number} is not "group,asset,cap"`, GROUPS_SHAPE);
      }
      const known = groups.get(name);
      if (known !== undefined && known.cap !== cap) {
        throw new AssetFileError(
          file,
          `group "${name}" has the caps ${known.cap} and ${cap}`,
          "Give every line of it one cap.",
        );
      }
      groups.set(name, { members: [...(known?.members ?? []), asset], cap, floor: null });
    }
  }
  if (groups.size === 0) throw new AssetFileError(file, "it holds no group", GROUPS_SHAPE);
  return [...groups].map(([name, { members, cap, floor }]) => ({
    name,
    members: [...new Set(members)].map((member) => {
      const at = assets.indexOf(member);
      if (at >= 0) return at;
      throw new AssetFileError(
        file,
        `"${member}" of group "${name}" is no column of the returns`,
        `Choose from: ${assets.slice(0, 12).join(", ")}.`,
      );
    }),
    lower: floor ?? Number.NEGATIVE_INFINITY,
    upper: cap,
  }));
}
