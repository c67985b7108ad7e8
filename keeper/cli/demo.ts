/** `amplified demo`: the whole engine on a chain of its own. The one verb that loads Hardhat. */
import { accessSync, constants, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { AllocationRisk, RiskPanel } from "../kernel/artifacts.ts";
import { renderReport } from "../report/html.ts";
import { shortNames } from "../report/names.ts";
import type { CycleResult, NamedWeight, RunResult } from "../report/result.ts";
import { FolderUnwritableError, OptionError } from "./context.ts";
import { type CommandResult, progress, toJson } from "./output.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export interface DemoFlags {
  readonly seed: string;
  readonly market?: string;
  readonly out: string;
  readonly serve?: boolean;
}

const percent = (value: number | null, digits = 2): string => (value === null ? "-" : value.toFixed(digits));
/** Moves shown in a row; the report has them all. */
const MOVES_SHOWN = 4;
/** Shares of NAV below this are dust that exits leave behind. */
const DUST = 0.0005;
const idleOf = (weights: readonly NamedWeight[]): number => weights.find(({ id }) => id === 0)?.weight ?? 0;

/** What changed, largest first: "swETH +3 rsETH +7 idle -20", in % of NAV. */
function moves({ allocationBefore, allocationAfter }: CycleResult): string {
  const names = allocationAfter.map(({ name }) => name);
  const shown = shortNames(names);
  const changes = allocationAfter
    .map(({ id, weight }, index) => ({
      name: shown[index] ?? "",
      change: weight - (allocationBefore.find((other) => other.id === id)?.weight ?? 0),
    }))
    .filter(({ change }) => Math.abs(change) >= 0.005)
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
  const rest = changes.length - MOVES_SHOWN;
  const words = changes
    .slice(0, MOVES_SHOWN)
    .map(({ name, change }) => `${name} ${change > 0 ? "+" : "-"}${Math.abs(change * 100).toFixed(0)}`);
  return changes.length === 0 ? "-" : `${words.join(" ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function table(cycles: readonly CycleResult[]): string {
  const head = ["date", "status", "in", "idle", "exp.", "real.", "CVaR", "signed", "moved, % of NAV"];
  const rows = cycles.map((cycle) => [
    cycle.date,
    cycle.status,
    String(cycle.allocationAfter.filter(({ id, weight }) => id !== 0 && weight >= DUST).length),
    `${percent(idleOf(cycle.allocationAfter) * 100, 1)} %`,
    percent(cycle.expectedNetApyPct),
    percent(cycle.realizedNetApyPct),
    percent(cycle.cvarPct, 3),
    cycle.signersNeeded === null ? "-" : `${cycle.signers.length} of ${cycle.signersNeeded.owners}`,
    moves(cycle),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** The risk panel of the last cycle that came that far: what was held and, where something was proposed, that. */
function riskLines(date: string, { beta, horizonDays, current, proposed }: RiskPanel): readonly string[] {
  const shown = proposed ?? current;
  const share = (value: number): string => `${(value * 100).toFixed(3)} %`;
  const pair = (pick: (risk: AllocationRisk) => number): string =>
    proposed === null ? share(pick(current)) : `${share(pick(current))} -> ${share(pick(proposed))}`;
  return [
    `Risk on ${date}, share of NAV, ${proposed === null ? "held" : "held -> proposed"}, at ${beta} over ${horizonDays} days:`,
    `  VaR ${pair((r) => r.var)}, CVaR ${pair((r) => r.cvar)}, EVaR ${pair((r) => r.evar)}, drawdown ${pair((r) => r.maxDrawdown)}, CDaR ${pair((r) => r.cdar)}`,
    `  ${shown.stresses.map(({ name, loss, locked }) => `${name}: ${loss > 0 || locked === 0 ? `-${share(loss)}` : ""}${locked > 0 ? ` ${share(locked)} locked` : ""}`.replace(":  ", ": ")).join("; ")}`,
  ];
}

function describe(result: RunResult, files: { readonly html: string; readonly json: string }): string {
  const { summary, market } = result;
  const lines = [
    table(result.cycles),
    "",
    "in: venues held afterwards; expected and realized: net APY in %; CVaR: 95 % over the horizon in % of NAV",
    "",
  ];
  if (market.mapping.length > 0) {
    lines.push(
      "What feeds what:",
      ...market.mapping.map(({ column, feeds }) => `  ${column.padEnd(44)} -> ${feeds}`),
      "",
    );
  }
  if (market.recorded !== null) {
    lines.push("% a year, in the file and on this chain:");
    lines.push(
      ...market.recorded.map(
        ({ name, apyPct, onChainApyPct }) =>
          `  ${name.padEnd(80)} ${percent(apyPct, 3).padStart(7)} ${percent(onChainApyPct, 3).padStart(7)}`,
      ),
      "",
    );
  }
  const reasons = result.cycles.flatMap((cycle) =>
    cycle.status === "executed" ? [] : [`  ${cycle.date} ${cycle.status}: ${cycle.reasons.join("; ")}`],
  );
  if (reasons.length > 0) lines.push("Not executed, and why:", ...reasons, "");
  lines.push("Besides the cycles:", ...result.events.map(({ date, text }) => `  ${date} ${text}`), "");
  const { managementBps, performanceBps } = result.fees;
  lines.push(
    `Fees of ${managementBps / 100} % of assets a year and ${performanceBps / 100} % of the gain took ${Number(summary.feesWeth).toFixed(3)} WETH in shares; ${Number(summary.queuePaidWeth).toFixed(3)} WETH left through the redeem queue.`,
  );
  const assessed = [...result.cycles].reverse().find(({ panel }) => panel !== null);
  if (assessed?.panel) lines.push(...riskLines(assessed.date, assessed.panel), "");
  lines.push(`${summary.executed} executed, ${summary.refused} refused, ${summary.held} held. ${summary.verdict}`);
  lines.push(`report: ${files.html}`, `data:   ${files.json}`);
  return lines.join("\n");
}

/** Written beside and renamed, so that a run that is killed leaves the last report whole. */
function writeWhole(file: string, content: string): void {
  const beside = `${file}.${process.pid}.part`;
  writeFileSync(beside, content);
  renameSync(beside, file);
}

/** Before the chain lives through anything: a run that cannot be written down is not worth its minute. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new FolderUnwritableError(folder, cause);
  }
}

export async function demo(flags: DemoFlags, seed: number): Promise<CommandResult> {
  const out = resolve(flags.out);
  const marketDir = flags.market === undefined ? null : resolve(flags.market);
  if (marketDir !== null && !statSync(marketDir, { throwIfNoEntry: false })?.isDirectory()) {
    throw new OptionError("--market", marketDir, "Name the folder that holds the recorded tables.");
  }
  // Hardhat looks for its configuration in the working directory.
  process.chdir(root);
  const { runDemo } = await import("../../embedded/demo/index.ts");
  makeFolder(out);
  const finished = await runDemo({
    seed,
    marketDir,
    folder: join(out, "demo"),
    progress,
    now: () => performance.now(),
  });
  const files = { html: join(out, "report.html"), json: join(out, "run.json") };
  writeWhole(files.json, `${toJson(finished.result)}\n`);
  writeWhole(files.html, renderReport(finished.result));
  const text = describe(finished.result, files);
  if (flags.serve) {
    progress(
      `${text}\n\nThe chain stays at ${finished.world.chain.url}; configuration: ${finished.configFile}. Ctrl-C ends it.`,
    );
    await new Promise<void>((done) => {
      process.once("SIGINT", done);
      process.once("SIGTERM", done);
    });
  }
  await finished.world.close();
  return { data: finished.result, text };
}
