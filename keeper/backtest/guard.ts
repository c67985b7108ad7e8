/** The oracle guard's bands on a recorded discount, as `contracts/OracleGuard.sol` would have seen it once a day. */
import type { PriceStatusName } from "../kernel/artifacts.ts";

/** Distance of market from redemption value, fractions. */
export const GUARD_BANDS = { normal: 0.005, noInflow: 0.01, exitOnly: 0.03 } as const;
/** Syncs in the normal band, a day apart here, before inflow reopens. */
const RECOVERY_SYNCS = 2;

const bandOf = (level: number): PriceStatusName => {
  const distance = Math.abs(level - 1);
  if (distance <= GUARD_BANDS.normal) return "Normal";
  if (distance <= GUARD_BANDS.noInflow) return "NoInflow";
  return distance <= GUARD_BANDS.exitOnly ? "ExitOnly" : "Frozen";
};

/** Status at the end of each day; a day without a level keeps the last status, as a feed within its heartbeat would. */
export function guardStatuses(levels: readonly number[]): PriceStatusName[] {
  let recovering = false;
  let normal = 0;
  let status: PriceStatusName = "Normal";
  return levels.map((level) => {
    if (Number.isNaN(level)) return status;
    const band = bandOf(level);
    if (band !== "Normal") {
      recovering = true;
      normal = 0;
      status = band;
    } else if (recovering && ++normal < RECOVERY_SYNCS) status = "NoInflow";
    else {
      recovering = false;
      status = "Normal";
    }
    return status;
  });
}
