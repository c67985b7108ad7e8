/** The genuine core on an in-process chain, with linear venues, a Safe of two in three, and an HTTP endpoint in front. */
import { createRequire } from "node:module";
import { Contract, ContractFactory, type HDNodeWallet, Wallet, ZeroAddress } from "ethers";
import { network } from "hardhat";
import { z } from "zod";
import { type ChainClient, createClient } from "../../../keeper/chain/client.ts";
import type { Sender } from "../../../keeper/chain/send.ts";
import { parseConfig } from "../../../keeper/config/load.ts";
import type { KeeperConfig } from "../../../keeper/config/schema.ts";
import { type Address, address } from "../../../keeper/kernel/units.ts";
import { type RpcServer, serve } from "./rpc-server.ts";

const load = createRequire(import.meta.url);
const artifact = z.object({ abi: z.array(z.any()), bytecode: z.string() });
export const ETHER = 10n ** 18n;
export const DAY = 86_400;
const ASSET_DENOMINATED = 1;
const MARKET_OF_TOKEN = 2;
const PROPOSER = 3;
const connect = () => network.create();
const MNEMONIC_KEYS = [11, 12, 13].map((n) => `0x${n.toString(16).padStart(64, "0")}`);

export interface Engine {
  readonly connection: Awaited<ReturnType<typeof connect>>;
  readonly server: RpcServer;
  readonly client: ChainClient;
  readonly addresses: Readonly<
    Record<"vault" | "registry" | "guard" | "module" | "multicall" | "weth" | "safe", Address>
  >;
  readonly venues: readonly Address[];
  readonly owners: readonly Wallet[];
  readonly keeper: Wallet;
  readonly config: KeeperConfig;
  /** Safe's contracts under protocol-kit's keys. */
  readonly safeContracts: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export function keeperConfig(
  url: string,
  addresses: Readonly<Record<"vault" | "registry" | "guard" | "module" | "multicall", string>>,
  strategies: number,
  days = 30,
): unknown {
  const { vault, registry, guard, module, multicall } = addresses;
  return {
    rpcUrls: [url],
    rpc: { timeoutMs: 30_000, maxBatch: 25 },
    chainId: 31337,
    addresses: { vault, registry, guard, module, multicall },
    strategies: Array.from({ length: strategies }, (_, index) => ({
      id: index + 1,
      protocol: "erc4626",
      name: `Venue ${index + 1}`,
    })),
    history: { days, gasDays: 7 },
    horizonDays: Math.min(7, days),
    limits: { gasCapGwei: 100, maxLossBps: 5, navToleranceBps: 50, ttlSeconds: DAY, minLegEth: 0.01 },
    risk: { beta: 0.95, maxVar: 0.02, maxCvar: 0.05, maxDrawdown: 0.1 },
    objective: "mean-variance",
    seed: 7,
    txLog: "tx.jsonl",
  };
}

/** Deploys Safe 1.5.0 from npm, at addresses of this chain, and a Safe of the owners with threshold 2. */
async function deploySafe(deployer: ConstructorParameters<typeof ContractFactory>[2], owners: readonly Wallet[]) {
  const deploy = async (path: string): Promise<Contract> => {
    const { abi, bytecode } = artifact.parse(
      load(`@safe-global/safe-smart-account/build/artifacts/contracts/${path}.json`),
    );
    const contract = await new ContractFactory(abi, bytecode, deployer).deploy();
    await contract.waitForDeployment();
    return new Contract(await contract.getAddress(), abi, deployer);
  };
  const singleton = await deploy("SafeL2.sol/SafeL2");
  const factory = await deploy("proxies/SafeProxyFactory.sol/SafeProxyFactory");
  const handler = await deploy("handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler");
  const others = {
    multiSendAddress: await deploy("libraries/MultiSend.sol/MultiSend"),
    multiSendCallOnlyAddress: await deploy("libraries/MultiSendCallOnly.sol/MultiSendCallOnly"),
    signMessageLibAddress: await deploy("libraries/SignMessageLib.sol/SignMessageLib"),
    createCallAddress: await deploy("libraries/CreateCall.sol/CreateCall"),
    simulateTxAccessorAddress: await deploy("accessors/SimulateTxAccessor.sol/SimulateTxAccessor"),
  };
  const setup = singleton.interface.encodeFunctionData("setup", [
    owners.map((owner) => owner.address),
    2,
    ZeroAddress,
    "0x",
    await handler.getAddress(),
    ZeroAddress,
    0,
    ZeroAddress,
  ]);
  const create = factory.getFunction("createProxyWithNonce");
  const safe = z.string().parse(await create.staticCall(singleton.target, setup, 1));
  await (await create.send(singleton.target, setup, 1)).wait();
  const contracts: Record<string, string> = {
    safeSingletonAddress: await singleton.getAddress(),
    safeProxyFactoryAddress: await factory.getAddress(),
    fallbackHandlerAddress: await handler.getAddress(),
  };
  for (const [name, contract] of Object.entries(others)) contracts[name] = await contract.getAddress();
  return { safe, contracts };
}

/** Deploys a linear venue with its adapter and opens it as the next strategy; `feed` prices its share when given. */
export async function addVenue(
  { ethers }: Engine["connection"],
  core: Readonly<Record<"vault" | "registry" | "guard" | "weth", string>>,
  id: number,
  feed: string = ZeroAddress,
): Promise<Address> {
  const registry = await ethers.getContractAt("StrategyRegistry", core.registry);
  const guard = await ethers.getContractAt("OracleGuard", core.guard);
  // Between 2 % and 5 % a year, another for each venue.
  const perSecond = (ETHER * BigInt(200 + id * 10)) / 10_000n / BigInt(365 * DAY);
  const venue = await ethers.deployContract("LinearVenueDouble", [core.weth, perSecond]);
  const adapter = await ethers.deployContract("Erc4626Adapter", [core.vault, core.weth, venue]);
  await registry.registerStrategy(adapter, 1 << ((id - 1) % 32));
  await registry.setLimits(id, {
    absoluteCap: 10_000n * ETHER,
    dailyInflowBudget: 10_000n * ETHER,
    relativeCapBps: 4_000,
    lossTripBps: 50,
  });
  await registry.setRiskCap((id - 1) % 32, 10_000n * ETHER, 4_000);
  const priced = feed !== ZeroAddress;
  await guard.setOracle(id, {
    kind: priced ? MARKET_OF_TOKEN : ASSET_DENOMINATED,
    feed,
    heartbeat: priced ? DAY : 0,
    margin: priced ? 900 : 0,
    maxRateGrowthBps: 2_000,
    slashBudgetBps: 50,
    minAnswer: priced ? ETHER / 2n : 0,
    maxAnswer: priced ? 2n * ETHER : 0,
  });
  return address(await venue.getAddress());
}

/** Deploys everything. `strategies` linear venues are registered, open, and 1,000 WETH are deposited. */
export async function deployEngine(strategies: number, days = 30): Promise<Engine> {
  const connection = await connect();
  const { ethers } = connection;
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) throw new TypeError("the chain has no accounts");
  const owners = MNEMONIC_KEYS.map((key) => new Wallet(key));
  const keeper = new Wallet(`0x${"4b".repeat(32)}`);
  await (await deployer.sendTransaction({ to: keeper.address, value: 100n * ETHER })).wait();
  const { abi, bytecode } = z
    .object({ abi: z.array(z.any()), bytecode: z.string() })
    .parse(load("canonical-weth/build/contracts/WETH9.json"));
  const wethContract = await new ContractFactory(abi, bytecode, deployer).deploy();
  await wethContract.waitForDeployment();
  const weth = new Contract(await wethContract.getAddress(), abi, deployer);
  const wethAddress = await weth.getAddress();

  const { safe, contracts } = await deploySafe(deployer, owners);
  const authority = await ethers.deployContract("AccessManager", [deployer.address]);
  const registry = await ethers.deployContract("StrategyRegistry", [authority]);
  const guard = await ethers.deployContract("OracleGuard", [authority, registry]);
  const settings = { bufferBps: 500, unlockSeconds: 5 * DAY, minReportInterval: 3600, maxNavAge: DAY };
  const vault = await ethers.deployContract("LiquidityVault", [
    wethAddress,
    "Amplified WETH",
    "aWETH",
    authority,
    registry,
    guard,
    settings,
  ]);
  const policy = { cooldown: 6 * 3600, maxTtl: 3 * DAY, maxLossBps: 5, windowLossBps: 20, maxNavToleranceBps: 100 };
  const module = await ethers.deployContract("ProposalModule", [authority, vault, registry, guard, safe, true, policy]);
  await registry.bindVault(vault);
  await guard.bindVault(vault);
  await vault.bindProposalModule(module);
  await authority.setTargetFunctionRole(module, [module.interface.getFunction("propose").selector], PROPOSER);
  await authority.grantRole(PROPOSER, keeper.address, 0);
  const multicall = await ethers.deployContract("Multicall3Double");

  const core = {
    vault: await vault.getAddress(),
    registry: await registry.getAddress(),
    guard: await guard.getAddress(),
    weth: wethAddress,
  };
  const venues: Address[] = [];
  for (let id = 1; id <= strategies; id += 1) venues.push(await addVenue(connection, core, id));
  await vault.depositEth(deployer.address, { value: 1_000n * ETHER });

  const server = await serve({
    request: ({ method, params }) => connection.provider.request({ method, params: params ?? [] }),
  });
  const addresses = {
    vault: address(await vault.getAddress()),
    registry: address(await registry.getAddress()),
    guard: address(await guard.getAddress()),
    module: address(await module.getAddress()),
    multicall: address(await multicall.getAddress()),
    weth: address(wethAddress),
    safe: address(safe),
  };
  const client = await createClient({ url: server.url, expectedChainId: 31337, timeoutMs: 30_000 });
  return {
    connection,
    server,
    client,
    addresses,
    venues,
    owners,
    keeper,
    config: parseConfig(keeperConfig(server.url, addresses, strategies, days), "test"),
    safeContracts: contracts,
    close: async () => {
      client.close();
      await server.close();
      await connection.close();
    },
  };
}

/** Mines `days` days of `perDay` blocks, one by one: the state at blocks skipped by `hardhat_mine` reads as empty. */
export async function mineDays({ connection }: Engine, days: number, perDay: number): Promise<void> {
  for (let block = 0; block < days * perDay; block += 1)
    await connection.networkHelpers.time.increase(Math.floor(DAY / perDay));
}

/** A sender over the engine's client that does not wait long. */
export const senderOf = (engine: Engine, signer: Wallet | HDNodeWallet, logFile: string): Sender => ({
  client: engine.client,
  signer: new Wallet(signer.privateKey),
  options: {
    logFile,
    fees: { cap: 100n * 10n ** 9n, minTip: 10n ** 8n, maxTip: 3n * 10n ** 9n },
    waitMs: 2_000,
    pollMs: 20,
    maxBumps: 2,
    confirmations: 1,
  },
  clock: { nowMs: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
});
