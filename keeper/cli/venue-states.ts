/** `venues --config`: what every venue of a running engine is now. */
import type { ChainClient } from "../chain/client.ts";
import type { KeeperConfig } from "../config/schema.ts";
import { registeredVenues } from "../data/registered-venues.ts";
import { readVenues, type VenueStates } from "../data/venue-states.ts";
import { fromWad } from "../kernel/units.ts";
import type { VenueReading, YieldPart } from "../kernel/venue-state.ts";

/** The size whose shortfall the table shows; the whole curve is in the JSON. */
const SHOWN_SIZE = 100n * 10n ** 18n;

export interface NamedStates extends Omit<VenueStates, "venues"> {
  readonly venues: readonly (VenueReading & { readonly name: string })[];
}

/** Reads the registered strategies' adapters (one request), then their venues (three). */
export async function venueStates(client: ChainClient, config: KeeperConfig): Promise<NamedStates> {
  const { asset, venues } = await registeredVenues(client, config);
  const states = await readVenues(client, { multicall: config.addresses.multicall, asset }, venues);
  return {
    ...states,
    venues: states.venues.map((state, index) => ({ ...state, name: venues[index]?.name ?? String(state.strategyId) })),
  };
}

const percent = (part: YieldPart): string => (part.kind === "known" ? `${(part.apy * 100).toFixed(2)} %` : "-");
const inEther = (amount: bigint): string => (amount >= 10n ** 26n ? "no limit" : fromWad(amount).toFixed(2));

function shortfall(curve: Extract<VenueReading, { kind: "read" }>["enter"]["curve"]): string {
  const point = curve.find(({ size }) => size === SHOWN_SIZE);
  return point?.shortfall === null || point === undefined ? "-" : `${(point.shortfall * 10_000).toFixed(2)} bp`;
}

/** One line per venue, the reasons below. */
export function describeStates({ block, venues, httpRequests }: NamedStates): string {
  const rows = venues.map((venue): readonly string[] => {
    if (venue.kind === "held") return [venue.name, "held", ...new Array<string>(8).fill("-")];
    const { apy, enter, leave } = venue;
    return [
      venue.name,
      enter.closed === null
        ? leave.closed === null
          ? "open"
          : "no exit"
        : leave.closed === null
          ? "no entry"
          : "closed",
      percent(apy.base),
      percent(apy.fees),
      inEther(enter.available),
      leave.instant.ok ? inEther(leave.instant.value) : "-",
      leave.queued === null ? "none" : inEther(leave.queued),
      shortfall(enter.curve),
      shortfall(leave.curve),
      leave.delayDays.toFixed(1),
    ];
  });
  const head = ["venue", "is", "base", "fees", "may enter", "leaves now", "queue takes", "in 100", "out 100", "days"];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  const reasons = venues.flatMap((venue) => {
    if (venue.kind === "held") return [`${venue.name} is held: ${venue.reason}`];
    const missing = [venue.apy.base, venue.apy.fees].flatMap((part) => (part.kind === "missing" ? [part.reason] : []));
    return [
      ...(venue.enter.closed === null ? [] : [`${venue.name} takes nothing: ${venue.enter.closed}`]),
      ...(venue.leave.closed === null ? [] : [`${venue.name} pays nothing: ${venue.leave.closed}`]),
      ...(venue.leave.instantFee === 0
        ? []
        : [`${venue.name} keeps ${(venue.leave.instantFee * 10_000).toFixed(0)} bp of what leaves at once`]),
      ...[...new Set(missing)].map((reason) => `${venue.name} has no full yield: ${reason}`),
    ];
  });
  return [
    `Block ${block.number}, ${venues.length} venues in ${httpRequests} requests. Amounts in ETH; shortfalls of 100 ETH each way.`,
    "",
    line(head),
    ...rows.map(line),
    ...(reasons.length === 0 ? [] : ["", ...reasons]),
  ].join("\n");
}
