/** The cycles of a run: who held how much when, one line a cycle, and behind it what was signed and why. */
import type { SendPlan } from "../kernel/artifacts.ts";
import type { CycleResult } from "./result.ts";
import { escapeHtml, pct, short, weth } from "./text.ts";

/** Below a twentieth of a percent a weight is left over, not held. */
const DUST = 0.0005;
/** A change of weight that is a move and not the market's. */
const MOVED = 0.005;
const DECIMAL = /^\d+(\.\d+)?$/;

const gwei = (fee: number | null): string => (fee === null ? "–" : `${(fee / 1e9).toFixed(1)} gwei`);
const sendText = ({ kind, now, expectedFee, until, reason }: SendPlan): string =>
  kind === "wait" && until !== null
    ? `${gwei(now)} now, ${gwei(expectedFee)} expected by waiting, cheapest about ${new Date(until * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC (${reason})`
    : `${gwei(now)} now; ${reason}`;

/** Darker for more; the figure stays readable on the darkest. */
const shade = (weight: number): string => `background:rgba(0,114,178,${Math.min(0.45, weight * 1.8).toFixed(3)})`;

/**
 * Venues down, cycles across: percent of NAV after each, with the direction of what the cycle moved. Venues that never held
 * anything are left out; idle comes last.
 */
export function allocationMatrix(cycles: readonly CycleResult[]): string {
  const names = new Map(cycles.flatMap(({ allocationAfter }) => allocationAfter.map(({ id, name }) => [id, name])));
  const ids = [...names.keys()].sort((a, b) => (a === 0 ? 1 : b === 0 ? -1 : a - b));
  const weightOf = (list: CycleResult["allocationAfter"], id: number): number =>
    list.find((entry) => entry.id === id)?.weight ?? 0;
  const held = ids.filter((id) =>
    cycles.some((cycle) => Math.max(weightOf(cycle.allocationBefore, id), weightOf(cycle.allocationAfter, id)) >= DUST),
  );
  const cell = (cycle: CycleResult, id: number): string => {
    const [before, after] = [weightOf(cycle.allocationBefore, id), weightOf(cycle.allocationAfter, id)];
    if (Math.max(before, after) < DUST) return `<td class="n"></td>`;
    const change = after - before;
    const arrow = Math.abs(change) < MOVED ? "" : change > 0 ? " ▲" : " ▼";
    const was = `${(before * 100).toFixed(1)} % before, ${(after * 100).toFixed(1)} % after`;
    return `<td class="n" style="${shade(after)}" title="${was}">${(after * 100).toFixed(1)}${arrow}</td>`;
  };
  const head = cycles.map(
    ({ date, status }) => `<th class="n">${date.slice(5)}<br><span class="tag ${status}">${status}</span></th>`,
  );
  const rows = held.map(
    (id) =>
      `<tr><td>${escapeHtml(names.get(id) ?? `strategy ${id}`)}</td>${cycles.map((cycle) => cell(cycle, id)).join("")}</tr>`,
  );
  return `<table class="matrix"><tr><th>% of NAV after the cycle</th>${head.join("")}</tr>${rows.join("")}</table>`;
}

function legTable({ legs }: CycleResult): string {
  const amount = (value: string): string => (DECIMAL.test(value) ? weth(value) : escapeHtml(value));
  const rows = legs.map(
    (leg) =>
      `<tr><td>${leg.does}</td><td>${escapeHtml(leg.strategy)}</td><td class="n">${amount(leg.amount)}</td><td class="n">${weth(leg.atLeast)}</td></tr>`,
  );
  return `<table class="legs"><tr><th>What was signed</th><th>Strategy</th><th class="n">WETH</th><th class="n">at least</th></tr>${rows.join("")}</table>`;
}

function details(cycle: CycleResult): string {
  const lines = [
    cycle.maxLoss === null ? null : `May lose at most ${weth(cycle.maxLoss)} WETH; otherwise nothing of it happens.`,
    cycle.signersNeeded === null
      ? null
      : `Signatures: ${cycle.signersNeeded.reason}. Signed by ${cycle.signers.map(short).join(", ")}${cycle.approvedBy === "safe-transaction" ? ", by Safe transaction" : ""}.`,
    cycle.send === null ? null : `Gas: ${sendText(cycle.send)}.`,
    cycle.transaction === null ? null : `Transaction ${cycle.transaction}.`,
    ...(cycle.status === "executed" ? cycle.reasons : []),
  ].filter((text) => text !== null);
  return `${cycle.legs.length === 0 ? "" : legTable(cycle)}${lines.map((line) => `<p class="soft">${escapeHtml(line)}</p>`).join("")}`;
}

/** One line a cycle. What went wrong stands in the open; what went right, behind a click. */
export function cycleTable(cycles: readonly CycleResult[]): string {
  const rows = cycles.map((cycle) => {
    const signed = cycle.signersNeeded === null ? "–" : `${cycle.signers.length} of ${cycle.signersNeeded.owners}`;
    const trouble =
      cycle.status === "executed"
        ? ""
        : cycle.reasons.map((reason) => `<p class="trouble">${escapeHtml(reason)}</p>`).join("");
    const more = details(cycle);
    return `<tr><td>${cycle.index}</td><td class="date">${cycle.date}</td><td><span class="tag ${cycle.status}">${cycle.status}</span></td>
<td class="n">${cycle.legs.length === 0 ? "–" : cycle.legs.length}</td><td class="n">${pct(cycle.expectedNetApyPct)}</td><td class="n">${pct(cycle.realizedNetApyPct)}</td><td class="n">${pct(cycle.cvarPct, 3)}</td>
<td class="n">${cycle.gasUsed === null ? "–" : cycle.gasUsed.toLocaleString("en")}</td><td class="n">${cycle.baseFeeGwei.toFixed(1)}</td><td class="n">${signed}</td><td class="mono">${short(cycle.transaction)}</td></tr>
<tr class="why"><td></td><td colspan="10">${trouble}${more === "" ? "" : `<details><summary>legs, signatures, gas</summary>${more}</details>`}</td></tr>`;
  });
  return `<table class="cycles"><tr><th></th><th>Date</th><th>Status</th><th class="n">Legs</th><th class="n">Expected</th><th class="n">Realized</th><th class="n">CVaR 95 %</th><th class="n">Gas</th><th class="n">gwei</th><th class="n">Signed</th><th>Transaction</th></tr>
${rows.join("\n")}</table>`;
}
