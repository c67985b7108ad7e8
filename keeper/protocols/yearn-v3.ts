/**
 * Yearn v3 multi-strategy vault. Reported profit unlocks into the share price over days; a strategy's unreported loss is
 * not in the share price but in the adapter's value. Exits are instant up to what the strategies can pay.
 */
import { YearnV3Adapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/YearnV3Adapter__factory.ts";
import { IYearnV3Strategy__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/yearn/IYearnV3Vault.sol/IYearnV3Strategy__factory.ts";
import { IYearnV3Vault__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/yearn/IYearnV3Vault.sol/IYearnV3Vault__factory.ts";
import { addresses, uint } from "../chain/fields.ts";
import { view, viewUint } from "../chain/multicall.ts";
import { assets, WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Inspect, Protocol } from "./protocol.ts";
import { answer, baseOnly, refusal, worthOf } from "./quotes.ts";
import { targetAt, targetOf, viewBool } from "./targets.ts";

const adapterInterface = YearnV3Adapter__factory.createInterface();
const venue = IYearnV3Vault__factory.createInterface();

const strategyInterface = IYearnV3Strategy__factory.createInterface();
/** Losses are proportional to what is taken: asking for this little tells the share and never exceeds a debt that counts. */
const PROBE = 10n ** 12n;

/** One strategy of the default queue. */
interface Source {
  readonly debt: bigint;
  /** Of {@link PROBE} taken from the strategy, what its unreported loss costs. */
  readonly lossOfProbe: bigint;
  /** What it pays now. */
  readonly limit: bigint;
}

/** What leaving with `ask` pays: idle assets in full, then each strategy less its loss, up to what it can pay. */
function paidFor(ask: bigint, idle: bigint, sources: readonly Source[]): bigint | null {
  let paid = ask < idle ? ask : idle;
  let left = ask - paid;
  for (const { debt, lossOfProbe, limit } of sources) {
    if (left === 0n) break;
    const taken = left < debt ? left : debt;
    const worth = taken - (taken * lossOfProbe) / PROBE;
    if (worth > limit) {
      paid += limit;
      left -= (limit * PROBE) / (PROBE - lossOfProbe);
    } else {
      paid += worth;
      left -= taken;
    }
  }
  return left > 0n ? null : paid;
}

const inspect: Inspect = ({ targets, sizes }, now) => {
  const vault = targetAt("yearn-v3", targets, 0);
  const rate = now.need(viewUint(venue, vault, "convertToAssets", [WAD]));
  const minted = sizes.map((size) => now.want(viewUint(venue, vault, "previewDeposit", [size])));
  const isShutdown = now.need(viewBool(venue, vault, "isShutdown"));
  const idle = now.need(viewUint(venue, vault, "totalIdle"));
  const total = now.need(viewUint(venue, vault, "totalAssets"));
  const room = now.want(viewUint(venue, vault, "maxDeposit", [vault]));
  const queue = now.need(view(venue, vault, "get_default_queue", [], (row) => addresses(row, 0)));
  return (next) => {
    const sources = queue().map((strategy) => {
      const debt = next.need(view(venue, vault, "strategies", [strategy], (row) => uint(row, "currentDebt")));
      const loss = next.want(viewUint(venue, vault, "assess_share_of_unrealised_losses", [strategy, PROBE]));
      const shares = next.need(viewUint(strategyInterface, strategy, "maxRedeem", [vault]));
      const price = next.need(viewUint(strategyInterface, strategy, "convertToAssets", [WAD]));
      // Refused where the debt is below the probe: less than a millionth of an ether, which no curve shows.
      return (): Source => {
        const asked = loss();
        return {
          debt: debt(),
          lossOfProbe: asked.ok ? asked.value : 0n,
          limit: worthOf(shares(), price()),
        };
      };
    });
    return (window) => {
      const read = sources.map((source) => source());
      const instant = read.reduce((sum, { limit, debt }) => sum + (limit < debt ? limit : debt), idle());
      const limit = room();
      return {
        apy: baseOnly("convertToAssets")(window),
        cap:
          !limit.ok || limit.value >= 2n ** 128n
            ? null
            : { limit: assets(total() + limit.value), used: assets(total()), source: "the vault's deposit limit" },
        enter: {
          closed: isShutdown() ? "the Yearn vault is shut down" : null,
          quotes: minted.map((quote) => {
            const shares = quote();
            return shares.ok ? answer(worthOf(shares.value, rate())) : shares;
          }),
          source: "previewDeposit",
        },
        leave: {
          closed: null,
          quotes: sizes.map((size) => {
            const paid = paidFor(size, idle(), read);
            return paid === null ? refusal("the default queue's strategies cannot pay that much now") : answer(paid);
          }),
          source: "totalIdle, then the default queue less assess_share_of_unrealised_losses",
          instant: answer(instant),
          queued: null,
          delay: null,
        },
      };
    };
  };
};

export const yearnV3 = {
  id: "yearn-v3",
  adapterContract: "YearnV3Adapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  feedPrices: "none",
  gas: GAS["yearn-v3"],
  // Rounding only. The amounts are the adapter's own, which are after unreported losses.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "venue")],
  rateAt: (targets) => viewUint(venue, targetAt("yearn-v3", targets, 0), "convertToAssets", [WAD]),
  inspect,
} as const satisfies Protocol;
