/**
 * Borrow demand on the genuine Aave pool: one borrower draws or repays until the pool's own rate strategy yields the
 * day's supply rate. The arithmetic follows Aave v3.0's ReserveLogic and DefaultReserveInterestRateStrategy, rounding
 * included, at the timestamp of the block to come.
 */
import type { Contract } from "ethers";
import { z } from "zod";
import { type Address, address, toWad } from "../../keeper/kernel/units.ts";
import { type AaveDeployment, borrowWeth } from "../../test/support/genuine/aave.ts";
import { at, readArtifact, readBigint, send } from "../../test/support/genuine/artifact.ts";
import type { Call } from "../block.ts";
import type { Chain } from "../chain.ts";
import { type LendingDemand, RAY, SECONDS_PER_YEAR, solveDebt } from "./lending.ts";

const VARIABLE_RATE = 2;
const HALF_RAY = RAY / 2n;
const PERCENTAGE_FACTOR = 10_000n;

const rayMul = (a: bigint, b: bigint): bigint => (a * b + HALF_RAY) / RAY;
const rayDiv = (a: bigint, b: bigint): bigint => (a * RAY + b / 2n) / b;
const percentMul = (value: bigint, bps: bigint): bigint => (value * bps + PERCENTAGE_FACTOR / 2n) / PERCENTAGE_FACTOR;

interface Strategy {
  readonly optimalUsage: bigint;
  readonly baseRate: bigint;
  readonly slope1: bigint;
  readonly slope2: bigint;
  readonly reserveFactorBps: bigint;
}

export interface AaveDemandOptions {
  /** Supplies `supply` WETH and never moves it. */
  readonly whale: Address;
  readonly borrower: Address;
  readonly supply: bigint;
}

/** Supplies the whale's WETH, opens the borrower's position and returns the handle that moves it. Requirements: both hold enough ETH. */
export async function createAaveDemand(
  chain: Chain,
  aave: AaveDeployment,
  weth: Contract,
  options: AaveDemandOptions,
): Promise<LendingDemand> {
  const { supply } = options;
  const whale = await chain.ethers.getSigner(options.whale);
  const borrower = await chain.ethers.getSigner(options.borrower);
  const pool = aave.addresses.pool;
  for (const signer of [whale, borrower]) {
    const token = at(aave.weth, weth.interface, signer);
    // The borrower pays interest out of this; a year at the worst recorded rate costs a small part of it.
    await send(token, "deposit", { value: supply });
    await send(token, "approve", pool, 2n ** 256n - 1n);
  }
  await send(
    at(pool, aave.pool.interface, whale),
    "supply(address,uint256,address,uint16)",
    aave.weth,
    supply,
    options.whale,
    0,
  );
  // Ten times over-collateralised: this borrower is never liquidated, whatever rates do.
  await borrowWeth(aave, borrower, supply * 10n, supply / 100n);

  const strategy = await readStrategy(chain, aave);
  const state = async (timestamp: number) => await readState(aave, weth, timestamp);
  return {
    venue: "Aave v3 WETH",
    supplyRate: async () =>
      z.bigint().parse((await aave.dataProvider.getFunction("getReserveData").staticCall(aave.weth)).liquidityRate),
    calls: async (rate, timestamp) => {
      const { debt, total } = await state(timestamp);
      const wanted = toWad(rate) * 1_000_000_000n;
      const target = solveDebt("Aave v3 WETH", wanted, total, (amount) => supplyRateAt(strategy, amount, total));
      // A day without change still has to update the indexes at its first second.
      const change = target === debt ? 1n : target - debt;
      const data =
        change > 0n
          ? aave.pool.interface.encodeFunctionData("borrow", [aave.weth, change, VARIABLE_RATE, 0, options.borrower])
          : aave.pool.interface.encodeFunctionData("repay(address,uint256,uint256,address)", [
              aave.weth,
              -change,
              VARIABLE_RATE,
              options.borrower,
            ]);
      const label = `Aave borrower ${change > 0n ? "borrows" : "repays"} ${change > 0n ? change : -change} wei`;
      const call: Call = { label, from: options.borrower, to: address(pool), data, gas: 1_000_000n };
      return [call];
    },
  };
}

async function readStrategy(chain: Chain, aave: AaveDeployment): Promise<Strategy> {
  const reserve = await aave.pool.getFunction("getReserveData").staticCall(aave.weth);
  const { abi } = readArtifact(
    "@aave/core-v3/artifacts/contracts/protocol/pool/DefaultReserveInterestRateStrategy.sol/DefaultReserveInterestRateStrategy.json",
  );
  const [signer] = await chain.ethers.getSigners();
  const contract = at(
    String(reserve.interestRateStrategyAddress),
    abi,
    signer ?? (await chain.ethers.getSigner(aave.weth)),
  );
  const configuration = await aave.dataProvider.getFunction("getReserveConfigurationData").staticCall(aave.weth);
  return {
    optimalUsage: await readBigint(contract, "OPTIMAL_USAGE_RATIO"),
    baseRate: await readBigint(contract, "getBaseVariableBorrowRate"),
    slope1: await readBigint(contract, "getVariableRateSlope1"),
    slope2: await readBigint(contract, "getVariableRateSlope2"),
    reserveFactorBps: z.bigint().parse(configuration.reserveFactor),
  };
}

/** Debt and debt plus cash of the reserve as a block at `timestamp` will find them. */
async function readState(
  aave: AaveDeployment,
  weth: Contract,
  timestamp: number,
): Promise<{ readonly debt: bigint; readonly total: bigint }> {
  const reserve = await aave.dataProvider.getFunction("getReserveData").staticCall(aave.weth);
  const elapsed = BigInt(timestamp) - z.bigint().parse(reserve.lastUpdateTimestamp);
  const growth = compounded(z.bigint().parse(reserve.variableBorrowRate), elapsed);
  const index = rayMul(growth, z.bigint().parse(reserve.variableBorrowIndex));
  const debt = rayMul(await readBigint(aave.variableDebtToken, "scaledTotalSupply"), index);
  return { debt, total: debt + (await readBigint(weth, "balanceOf", aave.addresses.aToken)) };
}

/** MathUtils.calculateCompoundedInterest: the first three terms of the binomial series. */
function compounded(rate: bigint, elapsed: bigint): bigint {
  if (elapsed === 0n) return RAY;
  const minusOne = elapsed - 1n;
  const minusTwo = elapsed > 2n ? elapsed - 2n : 0n;
  const powerTwo = rayMul(rate, rate) / (SECONDS_PER_YEAR * SECONDS_PER_YEAR);
  const powerThree = rayMul(powerTwo, rate) / SECONDS_PER_YEAR;
  return (
    RAY +
    (rate * elapsed) / SECONDS_PER_YEAR +
    (elapsed * minusOne * powerTwo) / 2n +
    (elapsed * minusOne * minusTwo * powerThree) / 6n
  );
}

/** DefaultReserveInterestRateStrategy.calculateInterestRates with variable debt only. */
function supplyRateAt(strategy: Strategy, debt: bigint, total: bigint): bigint {
  if (debt === 0n) return 0n;
  const usage = rayDiv(debt, total);
  const borrowRate =
    usage > strategy.optimalUsage
      ? strategy.baseRate +
        strategy.slope1 +
        rayMul(strategy.slope2, rayDiv(usage - strategy.optimalUsage, RAY - strategy.optimalUsage))
      : strategy.baseRate + rayDiv(rayMul(strategy.slope1, usage), strategy.optimalUsage);
  return percentMul(rayMul(borrowRate, usage), PERCENTAGE_FACTOR - strategy.reserveFactorBps);
}
