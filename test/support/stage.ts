/** What every venue test starts from: a chain, WETH9, and funded accounts. The first one drives the doubles. */
import { expect } from "chai";
import { MaxUint256 } from "ethers";
import type { Engine } from "../keeper/support/engine.ts";
import { at, send } from "./genuine/artifact.ts";
import { deployWeth } from "./genuine/weth.ts";
import { connect, ETHER, fund, sendWeth } from "./venue.ts";

const WEALTH = 10_000_000n * ETHER;

export async function openStage() {
  const connection = await connect();
  const [admin, vault, stranger] = await connection.ethers.getSigners();
  if (!admin || !vault || !stranger) return expect.fail("the network has fewer than three accounts");
  for (const { address } of [admin, vault, stranger]) await fund(connection, address, 3n * WEALTH);
  const weth = await deployWeth(admin);
  const wethAddress = await weth.getAddress();
  for (const { address } of [admin, stranger]) await sendWeth(weth, admin, address, WEALTH);
  /** Lets `spender` take the WETH of the admin and of the stranger. */
  const trust = async (spender: string): Promise<void> => {
    for (const owner of [admin, stranger]) {
      await send(at(wethAddress, weth.interface, owner), "approve", spender, MaxUint256);
    }
  };
  return { connection, ethers: connection.ethers, admin, vault, stranger, weth, wethAddress, trust };
}

/** What of an oracle a test may choose; the rest is a claim on the asset with a growth cap. */
interface OracleChoice {
  readonly kind: number;
  readonly feed: string;
  readonly heartbeat: number;
  readonly minAnswer: bigint;
  readonly maxAnswer: bigint;
}

/** Opens `adapter` as the engine's next strategy and hands out the vault as the proposal module would call it. */
export async function openStrategy(
  { connection, addresses }: Engine,
  adapter: string,
  oracle: Partial<OracleChoice> = {},
  lossTripBps = 50,
) {
  const { ethers, networkHelpers } = connection;
  const registry = await ethers.getContractAt("StrategyRegistry", addresses.registry);
  const guard = await ethers.getContractAt("OracleGuard", addresses.guard);
  await registry.registerStrategy(adapter, 2);
  const id = await registry.count();
  await registry.setRiskCap(1, 10_000n * ETHER, 10_000);
  await registry.setLimits(id, {
    absoluteCap: 10_000n * ETHER,
    dailyInflowBudget: 10_000n * ETHER,
    relativeCapBps: 10_000,
    lossTripBps,
  });
  await guard.setOracle(id, {
    kind: 1,
    feed: ethers.ZeroAddress,
    heartbeat: 0,
    margin: 0,
    maxRateGrowthBps: 2_000,
    slashBudgetBps: 50,
    minAnswer: 0,
    maxAnswer: 0,
    ...oracle,
  });
  await networkHelpers.impersonateAccount(addresses.module);
  await fund(connection, addresses.module, 10n * ETHER);
  const module = await ethers.getSigner(addresses.module);
  const vault = (await ethers.getContractAt("LiquidityVault", addresses.vault)).connect(module);
  return { id, vault };
}
