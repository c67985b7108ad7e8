/** The market's curve by its own laws; test/keeper/protocols/states holds it against the genuine market. */
import { strict as assert } from "node:assert";
import {
  assetForLp,
  assetForPt,
  lpForAsset,
  type MarketCurve,
  ptForAsset,
  spotPrice,
} from "../../../keeper/protocols/pendle-market.ts";

const market: MarketCurve = {
  totalPt: 50_000,
  totalAsset: 50_000,
  scalarRoot: 75,
  lnFeeRateRoot: Math.log(1.0004),
  lnImpliedRate: Math.log(1.035),
  yearsLeft: 0.8,
};
const near = (actual: number | null, expected: number, relative: number): void => {
  assert.ok(actual !== null && Math.abs(actual - expected) <= relative * expected, `${actual} is not ${expected}`);
};

describe("Pendle's market curve", () => {
  it("trades a little at the last rate and the fee on either side", () => {
    const fee = Math.exp(market.lnFeeRateRoot * market.yearsLeft);
    near(assetForPt(market, 1e-4), (1e-4 * spotPrice(market)) / fee, 1e-6);
    near(ptForAsset(market, 1e-4), 1e-4 / (spotPrice(market) * fee), 1e-6);
    near(spotPrice(market), 1.035 ** -0.8, 1e-12);
  });

  it("takes more for more, and what is bought and sold again comes back less than whole", () => {
    let last = 0;
    for (const asset of [1, 10, 100, 1_000, 5_000]) {
      const pt = ptForAsset(market, asset) ?? assert.fail("no trade");
      const price = asset / pt;
      assert.ok(price > last, `${asset} costs ${price} a PT`);
      last = price;
      assert.ok((assetForPt(market, pt) ?? 0) < asset);
    }
  });

  it("refuses what the market refuses: more PT than there are, and a market of PT alone", () => {
    assert.equal(ptForAsset(market, 60_000), null);
    assert.equal(assetForPt(market, 2_000_000), null);
  });

  it("gives par with no time left to wait for", () => {
    near(spotPrice({ ...market, yearsLeft: 1e-9 }), 1, 1e-9);
  });

  it("adds a little liquidity for the fee of the part that is swapped, and takes it out for the same", () => {
    const ptWorth = market.totalPt * spotPrice(market);
    const ptShare = ptWorth / (ptWorth + market.totalAsset);
    const fee = 1 - Math.exp(-market.lnFeeRateRoot * market.yearsLeft);
    const [entered, left] = [lpForAsset(market, 1e-3), assetForLp(market, 1e-3)];
    near(entered === null ? null : 1 - entered / 1e-3, fee * ptShare, 1e-2);
    near(left === null ? null : 1 - left / 1e-3, fee * ptShare, 1e-2);
  });

  it("adds both in the market's proportion, so that a burn gives back what was bought", () => {
    const asset = 2_000;
    const entered = lpForAsset(market, asset) ?? assert.fail("no liquidity");
    // Bought and added again, the PT of the market are what they were: the part is that of the PT.
    const part = entered / (market.totalPt * spotPrice(market) + market.totalAsset + asset);
    const pt = part * market.totalPt;
    const cost = asset - part * (market.totalAsset + asset);
    near(ptForAsset(market, cost), pt, 1e-6);
  });

  it("costs more for more liquidity either way, and refuses what the market does not hold", () => {
    for (const trade of [lpForAsset, assetForLp]) {
      let last = 0;
      for (const asset of [1, 10, 100, 1_000, 5_000]) {
        const got = trade(market, asset) ?? assert.fail("no trade");
        const shortfall = 1 - got / asset;
        assert.ok(shortfall > last, `${asset} falls short by ${shortfall}`);
        last = shortfall;
      }
    }
    assert.equal(assetForLp(market, 110_000), null);
    // No PT at a price below par is left to buy.
    assert.equal(lpForAsset({ ...market, scalarRoot: 1 }, 40_000), null);
  });
});
