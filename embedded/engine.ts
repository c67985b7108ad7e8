/** The engine's own contracts on the embedded chain: the plan of this world, deployed by the module mainnet uses. */
import { parseEther, ZeroAddress } from "ethers";
import { engineModule } from "../deploy/modules/engine.ts";
import {
  DEFAULT_CURATOR_DELAY,
  DEFAULT_LOSS_TRIP_BPS,
  DEFAULT_POLICY,
  DEFAULT_SIGNER_TIERS,
  DEFAULT_VAULT,
  type EnginePlan,
  ORACLE_KIND,
  type OraclePlan,
  type StrategyPlan,
} from "../deploy/plan.ts";
import { selectorOf } from "../deploy/selectors.ts";
import { type Address, address, SECONDS_PER_DAY } from "../keeper/kernel/units.ts";
import type { ProtocolId } from "../keeper/protocols/ids.ts";
import { EmbeddedDeploymentMismatchError } from "./errors.ts";
import { type EmbeddedVenue, RISK_ID } from "./venues/index.ts";
import type { World } from "./world.ts";

/** Feeds report at least daily; a missed report and a quarter of an hour make a feed stale. */
const STAKING_HEARTBEAT = SECONDS_PER_DAY;
const HEARTBEAT_MARGIN = 900;
const ETHER = 10n ** 18n;
/** Ordinary terms of a managed vault: half a per cent of assets a year, a tenth of the gain. */
export const EMBEDDED_FEES = { managementBps: 50, performanceBps: 1_000 } as const;

export interface EngineStrategy {
  readonly id: number;
  readonly protocol: ProtocolId;
  readonly name: string;
  readonly adapter: Address;
}

export interface EngineAddresses {
  readonly manager: Address;
  readonly vault: Address;
  readonly registry: Address;
  readonly guard: Address;
  readonly module: Address;
  readonly queue: Address;
  /** Block before the deployment: no event of the engine is older. */
  readonly deployedAt: number;
  readonly strategies: readonly EngineStrategy[];
}

const lendingOracle = (maxRateGrowthBps: number): OraclePlan => ({
  kind: ORACLE_KIND.assetDenominated,
  feed: ZeroAddress,
  heartbeat: 0,
  margin: 0,
  maxRateGrowthBps,
  slashBudgetBps: 10,
  minAnswer: 0n,
  maxAnswer: 0n,
});

const stakingOracle = (kind: OraclePlan["kind"], feed: string): OraclePlan => ({
  kind,
  feed,
  heartbeat: STAKING_HEARTBEAT,
  margin: HEARTBEAT_MARGIN,
  // Aave's CAPO caps for these tokens lie between 8.75 and 9.68 % a year.
  maxRateGrowthBps: 970,
  slashBudgetBps: 50,
  minAnswer: ETHER / 2n,
  maxAnswer: 2n * ETHER,
});

const limits = (relativeCapBps: number): StrategyPlan["limits"] => ({
  absoluteCap: parseEther("20000"),
  dailyInflowBudget: parseEther("20000"),
  relativeCapBps,
  lossTripBps: DEFAULT_LOSS_TRIP_BPS,
});

type PlannedStrategy = StrategyPlan & { readonly protocol: EngineStrategy["protocol"] };

/** With twenty venues no single one needs more; with the four of a recorded market each needs its own cap. */
const WIDE_CAP_BPS = 1_200;

const venueStrategy = ({ key, name, protocol, adapter, targets, risks, oracle }: EmbeddedVenue): PlannedStrategy => ({
  key,
  name,
  protocol,
  adapter,
  targets,
  riskIds: risks.map((risk) => RISK_ID[risk]),
  limits: limits(WIDE_CAP_BPS),
  oracle:
    oracle.feed === ZeroAddress
      ? { ...oracle, heartbeat: 0, margin: 0, minAnswer: 0n, maxAnswer: 0n }
      : {
          ...oracle,
          heartbeat: STAKING_HEARTBEAT,
          margin: HEARTBEAT_MARGIN,
          minAnswer: ETHER / 2n,
          maxAnswer: 2n * ETHER,
        },
});

function strategiesOf(world: World): readonly PlannedStrategy[] {
  const { addresses, venues } = world;
  const isWide = venues.length > 0;
  const capped = (alone: number) => limits(isWide ? WIDE_CAP_BPS : alone);
  const lending: PlannedStrategy[] = [
    {
      key: "aave",
      name: "Aave v3 WETH",
      protocol: "aave-v3",
      adapter: "AaveV3Adapter",
      targets: [addresses.aave.pool],
      riskIds: [RISK_ID.lending],
      limits: capped(4_000),
      oracle: lendingOracle(5_000),
    },
  ];
  if (addresses.gearbox !== null) {
    lending.push({
      key: "gearbox",
      name: "Gearbox WETH",
      protocol: "gearbox",
      adapter: "GearboxAdapter",
      targets: [addresses.gearbox.pool],
      riskIds: [RISK_ID.lending],
      limits: capped(2_500),
      oracle: lendingOracle(5_000),
    });
  }
  return [
    ...lending,
    {
      key: "lido",
      name: "Lido wstETH",
      protocol: "lido",
      adapter: "LidoAdapter",
      targets: [addresses.lido.wsteth, addresses.lido.withdrawalQueue],
      riskIds: [RISK_ID.liquidStaking],
      limits: capped(4_000),
      oracle: stakingOracle(ORACLE_KIND.marketOfUnderlying, addresses.feeds.stethEth),
    },
    {
      key: "etherfi",
      name: "ether.fi weETH",
      protocol: "etherfi",
      adapter: "EtherFiAdapter",
      targets: [addresses.etherFi.weeth, addresses.etherFi.redemptionManager],
      riskIds: [RISK_ID.liquidStaking, RISK_ID.restaking],
      limits: capped(3_500),
      oracle: stakingOracle(ORACLE_KIND.marketOfToken, addresses.feeds.weethEth),
    },
    ...venues.map(venueStrategy),
  ];
}

/** What this world deploys: the design's defaults, caps sized for four venues. */
export function planOf(
  world: World,
): Omit<EnginePlan, "strategies"> & { readonly strategies: readonly PlannedStrategy[] } {
  const strategies = strategiesOf(world);
  return {
    asset: world.addresses.weth,
    name: "Amplified WETH",
    symbol: "amWETH",
    vault: DEFAULT_VAULT,
    policy: DEFAULT_POLICY,
    safe: world.addresses.safe,
    curator: world.account("curator").address,
    guardian: world.account("guardian").address,
    proposer: world.account("keeper").address,
    curatorDelay: DEFAULT_CURATOR_DELAY,
    ownerDelay: DEFAULT_CURATOR_DELAY,
    fees: { recipient: world.account("treasury").address, ...EMBEDDED_FEES },
    signerTiers: DEFAULT_SIGNER_TIERS,
    // What pays at once, the deeper market first.
    withdrawalOrder: strategies
      .filter(({ oracle }) => oracle.kind === ORACLE_KIND.assetDenominated)
      .map(({ key }) => key),
    strategies,
    riskCaps: [
      { riskId: RISK_ID.lending, absoluteCap: parseEther("40000"), relativeCapBps: 6_500 },
      { riskId: RISK_ID.liquidStaking, absoluteCap: parseEther("40000"), relativeCapBps: 7_500 },
      { riskId: RISK_ID.restaking, absoluteCap: parseEther("20000"), relativeCapBps: 3_500 },
      { riskId: RISK_ID.pools, absoluteCap: parseEther("20000"), relativeCapBps: 2_500 },
    ],
  };
}

/** Deploys the engine into a world. */
export async function deployEngine(world: World): Promise<EngineAddresses> {
  const deployedAt = await world.chain.ethers.provider.getBlockNumber();
  const plan = planOf(world);
  const deployer = world.account("deployer").address;
  const deployed = await world.chain.ignition.deploy(engineModule(plan, selectorOf, deployer), {
    defaultSender: deployer,
    config: { requiredConfirmations: 1, blockPollingInterval: 10, timeBeforeBumpingFees: 600_000 },
  });
  const at = async (key: string): Promise<Address> => {
    const contract = Object.entries(deployed).find(([name]) => name === key)?.[1];
    if (!contract) throw new EmbeddedDeploymentMismatchError(key, "a contract of the deployment", "none");
    return address(await contract.getAddress());
  };
  const strategies: EngineStrategy[] = [];
  for (const [index, strategy] of plan.strategies.entries()) {
    strategies.push({
      id: index + 1,
      protocol: strategy.protocol,
      name: strategy.name,
      adapter: await at(`adapter_${strategy.key}`),
    });
  }
  return {
    manager: await at("manager"),
    vault: await at("vault"),
    registry: await at("registry"),
    guard: await at("guard"),
    module: await at("module"),
    queue: await at("queue"),
    deployedAt,
    strategies,
  };
}
