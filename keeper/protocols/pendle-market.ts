/**
 * Pendle's market curve in floating point: what a trade of PT fetches (MarketMathCore.sol of npm @pendle/core-v2 6.11.0).
 * Doubles hold fifteen digits; the curve is read to a hundredth of a basis point.
 */

/** A market at one moment. Amounts in ether, rates as fractions. */
export interface MarketCurve {
  readonly totalPt: number;
  /** SY of the market in its asset. */
  readonly totalAsset: number;
  /** Steepness at one year before maturity. */
  readonly scalarRoot: number;
  /** ln(1 + fee) at one year before maturity. */
  readonly lnFeeRateRoot: number;
  /** ln(1 + yearly yield of PT) at the last trade. */
  readonly lnImpliedRate: number;
  readonly yearsLeft: number;
}

/** Largest part of a market that may be PT after a trade. */
const MAX_PROPORTION = 0.96;
/** Halvings of the search for the PT that an amount buys: below 1e-15 of the pool. */
const SEARCH_STEPS = 60;

const logit = (proportion: number): number => Math.log(proportion / (1 - proportion));

/** Asset of one PT at the last trade's rate, before fees and price impact. */
export const spotPrice = ({ lnImpliedRate, yearsLeft }: MarketCurve): number => Math.exp(-lnImpliedRate * yearsLeft);

/** PT per asset once `netPt` (bought above zero, sold below) has moved the market; null where the market refuses. */
function exchangeRate(market: MarketCurve, netPt: number): number | null {
  const { totalPt, totalAsset, scalarRoot, yearsLeft, lnImpliedRate } = market;
  const scalar = scalarRoot / yearsLeft;
  const anchor = Math.exp(lnImpliedRate * yearsLeft) - logit(totalPt / (totalPt + totalAsset)) / scalar;
  const proportion = (totalPt - netPt) / (totalPt + totalAsset);
  if (proportion <= 0 || proportion > MAX_PROPORTION) return null;
  const rate = logit(proportion) / scalar + anchor;
  return rate < 1 ? null : rate;
}

/** Asset received for `pt`; null where the market refuses. */
export function assetForPt(market: MarketCurve, pt: number): number | null {
  const rate = exchangeRate(market, -pt);
  return rate === null ? null : pt / rate / Math.exp(market.lnFeeRateRoot * market.yearsLeft);
}

/** Asset that `pt` cost; null where the market refuses. */
function assetOfPt(market: MarketCurve, pt: number): number | null {
  const rate = exchangeRate(market, pt);
  if (rate === null) return null;
  const fee = Math.exp(market.lnFeeRateRoot * market.yearsLeft);
  return rate / fee < 1 ? null : (pt / rate) * fee;
}

/** Most PT whose purchase is not `tooMuch`, given what it costs; null costs are always too much. */
function mostPt(market: MarketCurve, tooMuch: (pt: number, cost: number) => boolean): number {
  let low = 0;
  let high = market.totalPt;
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const middle = (low + high) / 2;
    const cost = assetOfPt(market, middle);
    if (cost === null || tooMuch(middle, cost)) high = middle;
    else low = middle;
  }
  return low;
}

/** PT that `asset` buys; null where the market cannot sell that many. */
export function ptForAsset(market: MarketCurve, asset: number): number | null {
  const low = mostPt(market, (_, cost) => cost > asset);
  const cost = assetOfPt(market, low);
  // The search ended at the market's edge, not at the amount.
  return cost === null || cost < asset * (1 - 1e-9) ? null : low;
}

/** PT and asset of the whole market at the last trade's rate. */
export const marketWorth = (market: MarketCurve): number => market.totalPt * spotPrice(market) + market.totalAsset;

/**
 * Worth at the last trade's rate of the liquidity that `asset` adds once a part of it has bought PT, so that both are in the
 * market's proportion; null where the market cannot sell that many PT.
 */
export function lpForAsset(market: MarketCurve, asset: number): number | null {
  const { totalPt, totalAsset } = market;
  const isTooMuch = (pt: number, cost: number): boolean =>
    // More PT than the rest of the asset is added beside.
    cost > asset || pt * (totalAsset + cost) > (asset - cost) * (totalPt - pt);
  const pt = mostPt(market, isTooMuch);
  // At the market's edge the search ends before the proportion.
  if (assetOfPt(market, pt * (1 + 1e-9)) === null) return null;
  // What is bought and added again leaves the market's PT as they were.
  return (pt / totalPt) * (marketWorth(market) + asset);
}

/** Asset for liquidity worth `asset` at the last trade's rate: its SY, and its PT sold into what is left of the market. */
export function assetForLp(market: MarketCurve, asset: number): number | null {
  const part = asset / marketWorth(market);
  if (part >= 1) return null;
  const rest = { ...market, totalPt: market.totalPt * (1 - part), totalAsset: market.totalAsset * (1 - part) };
  const sold = assetForPt(rest, market.totalPt * part);
  return sold === null ? null : market.totalAsset * part + sold;
}
