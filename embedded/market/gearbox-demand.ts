/**
 * Borrow demand on the genuine Gearbox PoolV3, through the credit manager double: debt moves until `supplyRate()` is the
 * day's rate. The arithmetic follows PoolV3 and LinearInterestRateModelV3 at the timestamp of the block to come.
 */
import type { Contract } from "ethers";
import { z } from "zod";
import { type Address, address, toWad } from "../../keeper/kernel/units.ts";
import { at, readBigint, send } from "../../test/support/genuine/artifact.ts";
import type { GearboxDeployment } from "../../test/support/genuine/gearbox.ts";
import type { Call } from "../block.ts";
import type { Chain } from "../chain.ts";
import { type LendingDemand, RAY, SECONDS_PER_YEAR, solveDebt } from "./lending.ts";

const WAD = 10n ** 18n;
const PERCENTAGE_FACTOR = 10_000n;

interface Model {
  /** Kinks, WAD. */
  readonly u1: bigint;
  readonly u2: bigint;
  /** Rates, ray per year. */
  readonly base: bigint;
  readonly slope1: bigint;
  readonly slope2: bigint;
  readonly slope3: bigint;
}

interface State {
  readonly expected: bigint;
  readonly available: bigint;
  readonly borrowed: bigint;
  /** Interest the credit manager owes and pays before principal. */
  readonly interest: bigint;
  readonly withdrawFeeBps: bigint;
}

export interface GearboxDemandOptions {
  /** Deposits `supply` WETH and never moves it. */
  readonly whale: Address;
  /** Owner of the credit manager double; draws and repays. */
  readonly borrower: Address;
  readonly supply: bigint;
}

/** Deposits the whale's WETH and returns the handle that moves the debt. Requirements: both hold enough ETH. */
export async function createGearboxDemand(
  chain: Chain,
  gearbox: GearboxDeployment,
  weth: Contract,
  options: GearboxDemandOptions,
): Promise<LendingDemand> {
  const { pool, creditManager } = gearbox.addresses;
  const whale = await chain.ethers.getSigner(options.whale);
  const borrower = await chain.ethers.getSigner(options.borrower);
  const wethAddress = await weth.getAddress();
  for (const [signer, spender] of [
    [whale, pool],
    [borrower, creditManager],
  ] as const) {
    const token = at(wethAddress, weth.interface, signer);
    await send(token, "deposit", { value: options.supply });
    await send(token, "approve", spender, 2n ** 256n - 1n);
  }
  await send(at(pool, gearbox.pool.interface, whale), "deposit", options.supply, options.whale);
  const model = await readModel(gearbox);
  return {
    venue: "Gearbox WETH",
    supplyRate: async () => await readBigint(gearbox.pool, "supplyRate"),
    calls: async (rate, timestamp) => {
      const state = await readState(gearbox, timestamp);
      // What can be owed at most: everything in the pool plus what is owed already.
      const owed = state.borrowed + state.interest;
      const target = solveDebt("Gearbox WETH", toWad(rate) * 1_000_000_000n, owed + state.available, (debt) =>
        supplyRateAt(model, state, debt - owed),
      );
      const change = target === owed ? 1n : target - owed;
      const data =
        change > 0n
          ? gearbox.creditManager.interface.encodeFunctionData("borrow", [change, options.borrower])
          : gearbox.creditManager.interface.encodeFunctionData("repay", [-change]);
      const label = `Gearbox borrower ${change > 0n ? "draws" : "repays"} ${change > 0n ? change : -change} wei`;
      const call: Call = { label, from: options.borrower, to: address(creditManager), data, gas: 1_000_000n };
      return [call];
    },
  };
}

async function readModel(gearbox: GearboxDeployment): Promise<Model> {
  const parameters = await gearbox.interestRateModel.getFunction("getModelParameters").staticCall();
  const bps = (name: string): bigint => z.bigint().parse(parameters[name]);
  const toRay = (name: string) => (bps(name) * RAY) / PERCENTAGE_FACTOR;
  const toWadBps = (name: string) => (bps(name) * WAD) / PERCENTAGE_FACTOR;
  return {
    u1: toWadBps("U_1"),
    u2: toWadBps("U_2"),
    base: toRay("R_base"),
    slope1: toRay("R_slope1"),
    slope2: toRay("R_slope2"),
    slope3: toRay("R_slope3"),
  };
}

async function readState(gearbox: GearboxDeployment, timestamp: number): Promise<State> {
  const { pool, creditManager } = gearbox;
  const [expectedStored, available, borrowed, rate, updated, fee, interest] = await Promise.all([
    readBigint(pool, "expectedLiquidityLU"),
    readBigint(pool, "availableLiquidity"),
    readBigint(pool, "totalBorrowed"),
    readBigint(pool, "baseInterestRate"),
    readBigint(pool, "lastBaseInterestUpdate"),
    readBigint(pool, "withdrawFee"),
    readBigint(creditManager, "interest"),
  ]);
  const growth = (since: bigint): bigint => (rate * (BigInt(timestamp) - since)) / SECONDS_PER_YEAR;
  const block = await pool.runner?.provider?.getBlock("latest");
  const latest = BigInt(block?.timestamp ?? timestamp);
  return {
    expected: expectedStored + (borrowed * growth(updated)) / RAY,
    available,
    borrowed,
    // `interest` was read at the latest block; the day's own growth on the index is of second order.
    interest: interest + (borrowed * growth(latest)) / RAY,
    withdrawFeeBps: fee,
  };
}

/** PoolV3.supplyRate after the debt has changed by `change`; quota revenue is zero, there is no quota keeper. */
function supplyRateAt(model: Model, state: State, change: bigint): bigint {
  const { expected, interest } = state;
  if (expected === 0n) return 0n;
  const principalRepaid = -change > interest ? -change - interest : 0n;
  const borrowed = change > 0n ? state.borrowed + change : state.borrowed - principalRepaid;
  const available = state.available - change;
  const usage = available >= expected ? 0n : (WAD * (expected - available)) / expected;
  return (
    (borrowRateAt(model, usage) * borrowed * (PERCENTAGE_FACTOR - state.withdrawFeeBps)) / PERCENTAGE_FACTOR / expected
  );
}

function borrowRateAt(model: Model, usage: bigint): bigint {
  if (usage <= model.u1) return model.base + (model.slope1 * usage) / model.u1;
  if (usage <= model.u2) return model.base + model.slope1 + (model.slope2 * (usage - model.u1)) / (model.u2 - model.u1);
  return model.base + model.slope1 + model.slope2 + (model.slope3 * (usage - model.u2)) / (WAD - model.u2);
}
