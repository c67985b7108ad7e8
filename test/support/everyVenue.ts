/** Every venue of the engine on one in-process chain, each with its adapter open as a strategy of one engine. */
import { expect } from "chai";
import { CURVE_BAND_BPS } from "../../keeper/protocols/curve.ts";
import type { ProtocolId } from "../../keeper/protocols/index.ts";
import { deployEngine, type Engine, ETHER, mineDays } from "../keeper/support/engine.ts";
import { deployArrakisDouble } from "./arrakisDoubles.ts";
import { deployCurveDouble, deployEtherFiDouble, deployLidoDouble } from "./doubles.ts";
import { deployFraxDouble } from "./fraxDoubles.ts";
import { deployAave } from "./genuine/aave.ts";
import { at } from "./genuine/artifact.ts";
import { deployGearbox } from "./genuine/gearbox.ts";
import { deployPendle } from "./genuine/pendle.ts";
import { wethAt } from "./genuine/weth.ts";
import { deployPufferDouble } from "./pufferDoubles.ts";
import { deployV3Market, deployV4Market } from "./rangeMarkets.ts";
import {
  deployBedrockDouble,
  deployKelpDouble,
  deployRenzoDouble,
  deployStaderDouble,
  deploySwellDouble,
} from "./stakingDoubles.ts";
import { deployYieldDoubles } from "./yieldDoubles.ts";

/** In the order of their strategy ids, from 1. */
export const VENUE_ORDER: readonly ProtocolId[] = [
  "erc4626",
  "aave-v3",
  "gearbox",
  "lido",
  "etherfi",
  "swell",
  "stader",
  "kelp",
  "renzo",
  "bedrock",
  "yearn-v3",
  "sommelier",
  "beefy",
  "frax",
  "puffer",
  "arrakis",
  "uniswap-v3",
  "uniswap-v4",
  "curve",
  "pendle",
  "pendle-lp",
];

/** Deploys an adapter and opens it as the engine's next strategy, with room for all that the vault has. Returns its address. */
export async function openStrategy(
  { connection: { ethers }, addresses }: Engine,
  contract: string,
  args: readonly unknown[],
): Promise<string> {
  const registry = await ethers.getContractAt("StrategyRegistry", addresses.registry);
  const guard = await ethers.getContractAt("OracleGuard", addresses.guard);
  const adapter = await (await ethers.deployContract(contract, [...args])).getAddress();
  await registry.setRiskCap(1, 10_000n * ETHER, 10_000);
  await registry.registerStrategy(adapter, 2);
  const strategyId = await registry.count();
  await registry.setLimits(strategyId, {
    absoluteCap: 10_000n * ETHER,
    dailyInflowBudget: 10_000n * ETHER,
    relativeCapBps: 10_000,
    lossTripBps: 50,
  });
  await guard.setOracle(strategyId, {
    kind: 1,
    feed: `0x${"00".repeat(20)}`,
    heartbeat: 0,
    margin: 0,
    maxRateGrowthBps: 2_000,
    slashBudgetBps: 50,
    minAnswer: 0,
    maxAnswer: 0,
  });
  return adapter;
}

/** The engine's server keeps the process alive: where a venue cannot be deployed it is closed before the error goes on. */
export async function deployEveryVenue(deploy: typeof deployVenues = deployVenues): ReturnType<typeof deployVenues> {
  const engine = await deployEngine(1, 5);
  try {
    return await deploy(engine);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function deployVenues(engine: Engine) {
  const adapters = new Map<ProtocolId, string>();
  const { connection, addresses } = engine;
  const { ethers } = connection;
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) expect.fail("no accounts");
  // Others' money in the pools comes from here.
  await connection.networkHelpers.setBalance(deployer.address, 10_000_000n * ETHER);
  const { vault, weth } = addresses;
  const registry = await ethers.getContractAt("StrategyRegistry", addresses.registry);
  const open = async (id: ProtocolId, contract: string, args: readonly unknown[]): Promise<void> => {
    adapters.set(id, await openStrategy(engine, contract, args));
  };
  const aave = await deployAave(deployer, weth);
  await open("aave-v3", "AaveV3Adapter", [vault, weth, aave.addresses.pool]);
  const gearbox = await deployGearbox(deployer, weth);
  await open("gearbox", "GearboxAdapter", [vault, weth, gearbox.addresses.pool]);
  const lido = await deployLidoDouble(connection, (ETHER * 116n) / 100n);
  await open("lido", "LidoAdapter", [vault, weth, await lido.wstEth.getAddress(), await lido.queue.getAddress()]);
  const etherfi = await deployEtherFiDouble(connection, (ETHER * 105n) / 100n);
  // Above the low watermark, so that something can be redeemed.
  await deployer.sendTransaction({ to: etherfi.pool, value: 20_000n * ETHER });
  const etherfiTargets = [await etherfi.weEth.getAddress(), await etherfi.redemption.getAddress()];
  await open("etherfi", "EtherFiAdapter", [vault, weth, ...etherfiTargets]);
  const swell = await deploySwellDouble(connection, "swETH", (ETHER * 106n) / 100n);
  await open("swell", "SwellAdapter", [vault, weth, await swell.token.getAddress(), await swell.queue.getAddress()]);
  const stader = await deployStaderDouble(connection, (ETHER * 104n) / 100n);
  await open("stader", "StaderAdapter", [vault, weth, await stader.pool.getAddress()]);
  const kelp = await deployKelpDouble(connection, (ETHER * 102n) / 100n);
  await open("kelp", "KelpAdapter", [vault, weth, await kelp.pool.getAddress(), await kelp.queue.getAddress()]);
  const renzo = await deployRenzoDouble(connection, (ETHER * 101n) / 100n);
  await open("renzo", "RenzoAdapter", [vault, weth, await renzo.manager.getAddress(), await renzo.queue.getAddress()]);
  const bedrock = await deployBedrockDouble(connection, (ETHER * 104n) / 100n);
  await bedrock.staking.addPending({ value: 24n * ETHER });
  await open("bedrock", "BedrockAdapter", [vault, weth, await bedrock.staking.getAddress()]);
  const yields = await deployYieldDoubles(connection, weth);
  /** Brings a venue to where an exit costs what it usually does. */
  const prepareExit = async (id: ProtocolId): Promise<void> => {
    if (id === "yearn-v3") await yields.investYearn();
    // The share lock; the reports that fall due meanwhile are not the leg's.
    if (id !== "sommelier") return;
    await connection.networkHelpers.time.increase(2 * 86_400);
    const engineVault = await ethers.getContractAt("LiquidityVault", vault);
    await engineVault.report(Array.from({ length: Number(await registry.count()) }, (_, index) => index + 1));
  };
  await open("yearn-v3", "YearnV3Adapter", [vault, weth, yields.yearn]);
  await open("sommelier", "SommelierAdapter", [vault, weth, yields.sommelier]);
  await open("beefy", "BeefyAdapter", [vault, weth, yields.beefy]);
  const frax = await deployFraxDouble(connection, (ETHER * 111n) / 100n);
  await open("frax", "FraxAdapter", [vault, weth, await frax.minter.getAddress(), await frax.queue.getAddress()]);
  const puffer = await deployPufferDouble(connection, weth, (ETHER * 106n) / 100n, 10);
  const pufferTargets = [await puffer.pufEth.getAddress(), await puffer.manager.getAddress()];
  await open("puffer", "PufferAdapter", [vault, weth, ...pufferTargets]);
  const arrakis = await deployArrakisDouble(connection, weth, (ETHER * 116n) / 100n, {
    mixed: true,
    isWethFirst: true,
  });
  await open("arrakis", "ArrakisAdapter", [
    vault,
    weth,
    await arrakis.lido.wstEth.getAddress(),
    await arrakis.lido.queue.getAddress(),
    await arrakis.vault.getAddress(),
    await arrakis.factory.getAddress(),
  ]);
  const wethContract = wethAt(weth, deployer);
  const v3 = await deployV3Market(connection, deployer, wethContract, (ETHER * 116n) / 100n);
  await open("uniswap-v3", "UniswapV3Adapter", [
    vault,
    weth,
    v3.uniswap.addresses.positionManager,
    await v3.pool.getAddress(),
    await v3.lido.wstEth.getAddress(),
    v3.centre - 200,
    v3.centre + 200,
    20,
  ]);
  const v4 = await deployV4Market(connection, deployer, wethContract, (ETHER * 116n) / 100n);
  await open("uniswap-v4", "UniswapV4Adapter", [
    vault,
    weth,
    v4.uniswap.addresses.positionManager,
    v4.uniswap.addresses.stateView,
    v4.key.currency1,
    v4.key.fee,
    v4.key.tickSpacing,
    v4.key.hooks,
    v4.centre - 200,
    v4.centre + 200,
    20,
  ]);
  const { pool } = await deployCurveDouble(connection, deployer, wethContract, 10_000n * ETHER);
  // A pool of age: its virtual price has left 1 behind, and the band with it.
  await wethContract.getFunction("deposit").send({ value: 100n * ETHER });
  await wethContract.getFunction("transfer").send(pool, 100n * ETHER);
  await open("curve", "CurveAdapter", [vault, weth, pool, pool, true, CURVE_BAND_BPS]);
  const staked = await deployLidoDouble(connection, (ETHER * 116n) / 100n);
  await deployer.sendTransaction({ to: staked.wstEth, value: 200_000n * ETHER });
  const { time, setCode } = connection.networkHelpers;
  const wstEth = at(await staked.wstEth.getAddress(), staked.wstEth.interface, deployer);
  const pendle = await deployPendle(deployer, weth, wstEth, await time.latest(), 365, 50_000n * ETHER, setCode);
  await time.increase(3_600);
  const { router, market, oracle } = pendle.addresses;
  const onMarket = [vault, weth, await wstEth.getAddress(), await staked.queue.getAddress(), router, market, oracle];
  await open("pendle", "PendleAdapter", [...onMarket, 900, 50]);
  await open("pendle-lp", "PendleLpAdapter", [...onMarket, 900, 50]);
  adapters.set("erc4626", await registry.adapterOf(1));
  await mineDays(engine, 1, 2);
  return {
    engine,
    adapters,
    prepareExit,
    aave,
    gearbox,
    lido,
    etherfi,
    swell,
    stader,
    kelp,
    renzo,
    bedrock,
    frax,
    puffer,
    arrakis,
    v3,
    v4,
    pendle,
    curvePool: pool,
  };
}

export type EveryVenue = Awaited<ReturnType<typeof deployEveryVenue>>;
