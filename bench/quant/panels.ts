/** Real daily yield series of ../shared/data, in percent, on a regular grid; and seeded random walks beside them. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseTable, regularColumn } from "../../keeper/cli/table.ts";
import { createRng } from "../../keeper/kernel/rng.ts";

const root = new URL("../../../shared/data/", import.meta.url);
export const haveData = existsSync(root);

export interface PanelSeries {
  readonly panel: string;
  readonly name: string;
  readonly values: readonly number[];
  /** Unix seconds of each value; null for simulated series. */
  readonly times: readonly number[] | null;
}

const SHORTEST = 200;
const MOST_MISSING = 0.1;
const lines = (file: string): string[] => readFileSync(new URL(file, root), "utf8").trim().split("\n");

function wide(panel: string, file: string, columns: readonly string[]): PanelSeries[] {
  const rows = lines(file).map((line) => line.split(","));
  const header = rows[0] ?? [];
  return columns.map((name) => {
    const at = header.indexOf(name);
    // Leading and trailing cells of a column are empty where the series had not begun.
    const cells = rows.slice(1).map((row) => [row[0] ?? "", row[at] ?? ""]);
    const known = cells.filter(([, value]) => value !== "");
    return { panel, name, ...onGrid(name, known) };
  });
}

function long(panel: string, file: string, key: number, date: number, value: number): PanelSeries[] {
  const groups = new Map<string, string[][]>();
  for (const line of lines(file).slice(1)) {
    const cells = line.split(",");
    if (cells[value] === undefined || cells[value] === "") continue;
    const name = cells[key] ?? "";
    const group = groups.get(name) ?? [];
    group.push([(cells[date] ?? "").slice(0, 10), cells[value] ?? ""]);
    groups.set(name, group);
  }
  return [...groups]
    .map(([name, cells]) => ({ panel, name, ...onGrid(name, cells) }))
    .filter(({ values }) => {
      const missing = values.filter(Number.isNaN).length / values.length;
      return values.length >= SHORTEST && missing <= MOST_MISSING && values.some((value) => value > 0);
    });
}

function onGrid(name: string, cells: readonly (readonly string[])[]): Pick<PanelSeries, "values" | "times"> {
  const sorted = [...cells].sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  const table = parseTable(`${name}.csv`, ["date,value", ...sorted.map((row) => row.join(","))].join("\n"));
  const { values, times } = regularColumn(table, "value");
  return { values, times };
}

export function realPanels(): PanelSeries[] {
  return [
    ...wide("core", "core_apy_pct_2024-05_2025-09_dev.csv", [
      "wstETH_1d",
      "weETH_1d",
      "aave_WETH",
      "borrow_WETH",
      "curve_stETH",
    ]),
    ...wide("staking", "econodlt_renzo_daily_2024-01_2025-04_dev.csv", ["APY"]),
    ...long("lending", "lucid_lending_daily_2022-08_2024-08.csv", 1, 0, 2),
    ...long("stable", "defillama_stable_lending_2024-06_2025-06_dev.csv", 0, 1, 3),
    ...long("dex", "defillama_dex_pools_2022-02_2025-09_dev.csv", 1, 0, 6),
  ];
}

/** Where nothing can beat naive: random walks without and with drift. */
export function randomWalks(count: number): PanelSeries[] {
  return Array.from({ length: count }, (_, i) => {
    const rng = createRng(900 + i);
    const drift = i % 2 === 0 ? 0 : 0.01;
    let level = 5;
    const values = Array.from({ length: 420 }, () => {
      level += drift + 0.1 * rng.normal();
      return level;
    });
    return { panel: i % 2 === 0 ? "random-walk" : "random-walk-drift", name: `walk ${i}`, values, times: null };
  });
}

/**
 * What breaks smoothing and spike rules: levels that jump for good, vaults that stand at zero and wake up, reversion with
 * spikes, trends that turn. Nothing was tuned on these alone.
 */
export function madePanels(each: number): PanelSeries[] {
  return Array.from({ length: each }, (_, i) => {
    const rng = createRng(5000 + i);
    let level = 4;
    let vault = 0;
    let deviation = 0;
    let slope = 0;
    let trend = 3;
    const shift: number[] = [];
    const zero: number[] = [];
    const reverting: number[] = [];
    const turning: number[] = [];
    for (let t = 0; t < 420; t++) {
      if (rng.uniform() < 0.02) level = 1 + 6 * rng.uniform();
      shift.push(level + 0.15 * rng.normal());
      if (rng.uniform() < 0.02) vault = rng.uniform() < 0.5 ? 0 : 1 + 5 * rng.uniform();
      zero.push(vault === 0 ? 0 : vault + 0.1 * rng.normal());
      deviation = 0.93 * deviation + 0.2 * rng.normal();
      reverting.push(3 + deviation + (rng.uniform() < 0.02 ? 5 * rng.uniform() : 0));
      slope = 0.97 * slope + 0.01 * rng.normal();
      trend += slope;
      turning.push(trend + 0.05 * rng.normal());
    }
    return [
      { panel: "made-level-shifts", name: `shift ${i}`, values: shift },
      { panel: "made-zero-vaults", name: `vault ${i}`, values: zero },
      { panel: "made-reverting-spikes", name: `reverting ${i}`, values: reverting },
      { panel: "made-turning-trends", name: `trend ${i}`, values: turning },
    ];
  })
    .flat()
    .map((made) => ({ ...made, times: null }));
}

export const isMade = (panel: string): boolean => panel.startsWith("made-") || panel.startsWith("random-");

export const dataFolder = fileURLToPath(root);
