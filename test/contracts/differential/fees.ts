/** Fees once more: paid in new shares, on the smaller supply, above a mark, half of everything at most. */
import { BPS, least, most, up } from "./numbers.ts";

const YEAR = 31_536_000n;
/** A price is that of 1e24 shares, in wei times 1e9. */
const UNIT = 10n ** 33n;

export interface Fees {
  recipient: string | undefined;
  managementBps: bigint;
  performanceBps: bigint;
  accruedAt: bigint;
  highWater: bigint;
  supply: bigint;
}

export const noFees = (): Fees => ({
  recipient: undefined,
  managementBps: 0n,
  performanceBps: 0n,
  accruedAt: 0n,
  highWater: 0n,
  supply: 0n,
});

/** Shares to mint at `now`; moves the marks. */
export function accrue(fees: Fees, supply: bigint, assets: bigint, now: bigint): bigint {
  if (fees.recipient === undefined || fees.accruedAt === now) return 0n;
  if (fees.managementBps === 0n && fees.performanceBps === 0n) return 0n;
  const counted = least(supply, fees.supply);
  let [management, performance] = [0n, 0n];
  if (supply !== 0n && assets !== 0n) {
    const base = (assets * counted) / supply;
    management = least((base * fees.managementBps * (now - fees.accruedAt)) / (BPS * YEAR), assets / 2n);
    const price = ((assets - management) * UNIT) / supply;
    if (price > fees.highWater)
      performance = ((((price - fees.highWater) * counted) / UNIT) * fees.performanceBps) / BPS;
  }
  const due = management + performance;
  const minted = due === 0n ? 0n : (due * (supply + 10n ** 6n)) / (assets + 1n - due);
  fees.supply = supply + minted;
  if (performance !== 0n) fees.highWater = up(assets, UNIT, supply + minted);
  fees.accruedAt = now;
  return minted;
}

/** New terms from `now`, after the old ones were accrued. */
export function setTerms(
  fees: Fees,
  terms: Pick<Fees, "recipient" | "managementBps" | "performanceBps">,
  supply: bigint,
  assets: bigint,
  now: bigint,
): void {
  const price = supply === 0n ? 10n ** 27n : (assets * UNIT) / supply;
  Object.assign(fees, terms, { highWater: most(price, fees.highWater), supply, accruedAt: now });
}
