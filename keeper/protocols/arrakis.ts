/**
 * Public Arrakis modular vault of WETH and wstETH: swap fees and half the staking yield. The WETH of the position leaves at
 * once, its wstETH through Lido's queue.
 */
import { ArrakisAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/ArrakisAdapter__factory.ts";
import { IArrakisLPModule__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/arrakis/IArrakis.sol/IArrakisLPModule__factory.ts";
import { IArrakisMetaVaultPublic__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/arrakis/IArrakis.sol/IArrakisMetaVaultPublic__factory.ts";
import { ILidoWithdrawalQueue__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/ILidoWithdrawalQueue__factory.ts";
import { IStETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/IStETH__factory.ts";
import { IWstETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/IWstETH__factory.ts";
import { addr, uint } from "../chain/fields.ts";
import { view, viewUint } from "../chain/multicall.ts";
import { fromWad, WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Inspect, Protocol } from "./protocol.ts";
import { answer, growth, MAX_OPEN_REQUESTS, NO_REWARD, positive, remainder, share, worthOf } from "./quotes.ts";
import { targetAt, targetOf, viewAddress, viewBool, viewLength } from "./targets.ts";

const adapterInterface = ArrakisAdapter__factory.createInterface();

const vaultInterface = IArrakisMetaVaultPublic__factory.createInterface();
const moduleInterface = IArrakisLPModule__factory.createInterface();
const lstInterface = IWstETH__factory.createInterface();
const stEthInterface = IStETH__factory.createInterface();
const queueInterface = ILidoWithdrawalQueue__factory.createInterface();

const inspect: Inspect = ({ adapter, asset, sizes, targets }, now) => {
  const vault = targetAt("arrakis", targets, 1);
  const lst = targetAt("arrakis", targets, 2);
  const queue = targetAt("arrakis", targets, 4);
  const rate = positive("the adapter's rate", now.need(viewUint(adapterInterface, adapter, "rate")));
  const supply = now.need(viewUint(vaultInterface, vault, "totalSupply"));
  const token0 = now.need(view(vaultInterface, vault, "token0", [], (row) => addr(row, 0)));
  const held = now.need(
    view(vaultInterface, vault, "totalUnderlying", [], (row) => [uint(row, 0), uint(row, 1)] as const),
  );
  const price = now.need(viewUint(lstInterface, lst, "stEthPerToken"));
  const module = now.need(viewAddress(vaultInterface, vault, "module"));
  const isStakingPaused = now.need(viewBool(stEthInterface, targetAt("arrakis", targets, 3), "isStakingPaused"));
  const isQueuePaused = now.need(viewBool(queueInterface, queue, "isPaused"));
  const largest = now.need(viewUint(queueInterface, queue, "MAX_STETH_WITHDRAWAL_AMOUNT"));
  const open = now.need(viewLength(adapterInterface, adapter, "openRequests"));
  return (next, past) => {
    const isPaused = next.need(viewBool(moduleInterface, module(), "paused"));
    const pastPrice = past.want(viewUint(lstInterface, lst, "stEthPerToken"));
    return (window) => {
      const [weth, lstAmount] = token0() === asset ? held() : [held()[1], held()[0]];
      const lstWorth = worthOf(lstAmount, price());
      // What the pool's tokens are worth at Lido's rate, and what they would be had the pool stood there: never more.
      const spot = positive("what the pool holds", () => weth + lstWorth)();
      const counted = positive("what the pool is worth", () => worthOf(supply(), rate()))();
      const staking = growth(
        { now: answer(price()), past: pastPrice(), seconds: window.seconds },
        "wstETH.stEthPerToken",
      );
      const base = share(staking, fromWad((lstWorth * WAD) / spot), "wstETH");
      return {
        apy: { base, fees: remainder(growth(window, "the adapter's rate"), base), reward: NO_REWARD },
        cap: null,
        enter: {
          closed: isPaused() ? "the Arrakis module is paused" : isStakingPaused() ? "Lido has paused staking" : null,
          quotes: sizes.map((size) => answer((size * counted) / spot)),
          source: "totalUnderlying against the pool at Lido's rate; shares are minted in proportion without a fee",
        },
        leave: {
          closed: isQueuePaused() ? "Lido's withdrawal queue is paused; the WETH part still leaves" : null,
          quotes: sizes.map((size) => answer((size * spot) / counted)),
          source: "totalUnderlying in proportion; WETH at once, wstETH by Lido's queue",
          instant: answer(weth),
          queued: (MAX_OPEN_REQUESTS - BigInt(open())) * largest(),
          delay: null,
        },
      };
    };
  };
};

export const arrakis = {
  id: "arrakis",
  adapterContract: "ArrakisAdapter",
  hasAsyncExit: true,
  // Lido's queue, for what is not WETH.
  exitDelayDays: 5,
  feedPrices: "none",
  gas: GAS.arrakis,
  // Rounding while the pool stands at Lido's rate; a pool that was moved away breaks the bound of Allocate on purpose.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) =>
    ["self", "arrakisVault", "wstEth", "stEth", "queue"].map((name) => targetOf(adapterInterface, adapter, name)),
  // The rate joins Lido's with the pool's holdings at that price, which no single call to the venue answers: it is read from
  // the adapter, so its history begins with the adapter.
  rateAt: (targets) => viewUint(adapterInterface, targetAt("arrakis", targets, 0), "rate"),
  inspect,
} as const satisfies Protocol;
