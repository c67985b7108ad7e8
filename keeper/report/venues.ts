/** What every venue paid by source and charged at the pinned block of a run: figures, lines for a terminal, a table for the report. */
import type { AllocationConstraints, MarketSnapshot } from "../kernel/artifacts.ts";
import type { YieldPart, YieldParts } from "../kernel/venue-state.ts";
import { escapeHtml } from "./text.ts";

/** Yields in per cent a year, costs in basis points of what moves; null where a figure is missing, and then `notes` says why. */
export interface VenueFigure {
  readonly id: number;
  readonly name: string;
  /** Staking and lending. */
  readonly baseApyPct: number | null;
  /** Trades and their fees. */
  readonly feesApyPct: number | null;
  /** Incentives that the adapter receives. */
  readonly rewardApyPct: number | null;
  /** What the optimizer was charged for a unit that enters and for one that leaves, the wait in a queue included. */
  readonly enterBps: number | null;
  readonly exitBps: number | null;
  /** Why it is held, takes nothing, pays nothing, or has no full yield. */
  readonly notes: readonly string[];
}

export interface FindingsForVenues {
  readonly snapshot: Pick<MarketSnapshot, "strategies" | "venues">;
  readonly constraints: Pick<AllocationConstraints, "strategies">;
}

const PARTS = [
  ["baseApyPct", "base"],
  ["feesApyPct", "fees"],
  ["rewardApyPct", "reward"],
] as const satisfies readonly (readonly [keyof VenueFigure, keyof YieldParts])[];

const apyPct = (part: YieldPart | undefined): number | null => (part?.kind === "known" ? part.apy * 100 : null);

/** In the order of the snapshot's strategies. A venue that was not read has no figures and says so. */
export function venueFigures({ snapshot, constraints }: FindingsForVenues): readonly VenueFigure[] {
  return snapshot.strategies.map(({ id, name, fault }) => {
    const venue = snapshot.venues.find(({ strategyId }) => strategyId === id);
    const limits = constraints.strategies.find((strategy) => strategy.id === id);
    const notes: string[] = [];
    if (venue === undefined) notes.push(fault === null ? "not read" : `the adapter does not answer: ${fault}`);
    else if (venue.kind === "held") notes.push(`held: ${venue.reason}`);
    else {
      if (venue.enter.closed !== null) notes.push(`takes nothing: ${venue.enter.closed}`);
      if (venue.leave.closed !== null) notes.push(`pays nothing: ${venue.leave.closed}`);
      const missing = PARTS.flatMap(([, part]) => {
        const stated = venue.apy[part];
        return stated.kind === "missing" ? [stated.reason] : [];
      });
      notes.push(...[...new Set(missing)].map((reason) => `no full yield: ${reason}`));
    }
    const apy = venue?.kind === "read" ? venue.apy : undefined;
    return {
      id,
      name,
      baseApyPct: apyPct(apy?.base),
      feesApyPct: apyPct(apy?.fees),
      rewardApyPct: apyPct(apy?.reward),
      enterBps: limits === undefined ? null : limits.costs.enter * 10_000,
      exitBps: limits === undefined ? null : limits.costs.exit * 10_000,
      notes,
    };
  });
}

const shown = (value: number | null, digits: number, unit: string): string =>
  value === null ? "–" : `${value.toFixed(digits)}${unit}`;

/** One line a venue: yields apart, costs, and what stands in the way. */
export const venueLines = (figures: readonly VenueFigure[]): readonly string[] =>
  figures.map((figure) => {
    const yields = PARTS.map(([key, part]) => `${part} ${shown(figure[key], 2, " %")}`).join(", ");
    const costs = `in ${shown(figure.enterBps, 1, " bp")}, out ${shown(figure.exitBps, 1, " bp")}`;
    return [`${figure.name}: ${yields}; ${costs}`, ...figure.notes].join("; ");
  });

/** A section of the report. */
export function venueSection(date: string, figures: readonly VenueFigure[]): string {
  const cell = (text: string): string => `<td class="n">${text}</td>`;
  const rows = figures.map(
    (figure) =>
      `<tr><td>${escapeHtml(figure.name)}${figure.notes.map((note) => `<br><small>${escapeHtml(note)}</small>`).join("")}</td>${PARTS.map(([key]) => cell(shown(figure[key], 2, " %"))).join("")}${cell(shown(figure.enterBps, 1, ""))}${cell(shown(figure.exitBps, 1, ""))}</tr>`,
  );
  return `<h2>Venues on ${date}</h2><p class="soft">Yield a year by who pays it, over the last week or as the venue states it. Costs: what a unit that enters or leaves is charged, at the size that caps and holdings allow; the wait in a queue included.</p><div class="panel"><table><tr><th>Venue</th><th class="n">Base</th><th class="n">Fees</th><th class="n">Reward</th><th class="n">In, bp</th><th class="n">Out, bp</th></tr>${rows.join("")}</table></div>`;
}
