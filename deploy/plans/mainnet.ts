/** The mainnet deployment: which venues, with which oracles and limits. Who holds the roles comes from a parameters file. */
import { readFileSync } from "node:fs";
import { getAddress, isAddress, parseEther, ZeroAddress } from "ethers";
import { z } from "zod";
import { InputError } from "../../keeper/kernel/errors.ts";
import { MAINNET } from "../chains/mainnet.ts";
import {
  DEFAULT_CURATOR_DELAY,
  DEFAULT_LOSS_TRIP_BPS,
  DEFAULT_POLICY,
  DEFAULT_SIGNER_TIERS,
  DEFAULT_VAULT,
  type EnginePlan,
  NO_FEES,
  ORACLE_KIND,
  type OraclePlan,
  type StrategyPlan,
} from "../plan.ts";

export class ParametersError extends InputError {
  readonly code = "DEPLOY_PARAMETERS";
  readonly file: string;
  constructor(file: string, problem: string) {
    super(
      `The deployment parameters ${file} are refused: ${problem}. Start from deploy/parameters/mainnet.example.json.`,
    );
    this.file = file;
  }
}

const account = z
  .string()
  .refine(
    (value) => isAddress(value) && getAddress(value) !== ZeroAddress,
    "an address with a correct checksum, not zero",
  );

const parametersSchema = z
  .strictObject({
    /** Owner of the AccessManager and approver of proposals: a Safe. */
    safe: account,
    curator: account,
    guardian: account,
    /** The keeper. */
    proposer: account,
    /** The account that deploys; ends without any role. */
    deployer: account,
    /** Who is paid, and how much: basis points of assets a year, and of the gain above the high-water mark. None when absent. */
    fees: z
      .strictObject({
        recipient: account,
        managementBps: z.number().int().min(0).max(200, "at most 200, as the vault allows"),
        performanceBps: z.number().int().min(0).max(2_000, "at most 2000, as the vault allows"),
      })
      .optional(),
    /** Signatures by the size of a move, basis points of NAV; the default of deploy/plan.ts when absent. */
    signerTiers: z
      .strictObject({
        smallBps: z.number().int().min(0).max(10_000),
        smallSigners: z.number().int().min(1).max(255),
        largeBps: z.number().int().min(0).max(10_000),
        largeSigners: z.number().int().min(1).max(255),
      })
      .refine(
        ({ smallBps, largeBps, smallSigners, largeSigners }) => smallBps <= largeBps && smallSigners <= largeSigners,
        {
          message: "the tier of large moves must be at or above the one of small moves",
        },
      )
      .optional(),
    /** Keys of strategies that pay at once, in the order in which sync exits pull from them; Aave when absent. */
    withdrawalOrder: z.array(z.string()).max(8, "at most eight").optional(),
    /** Lower or higher caps than the plan's, by strategy key: WETH, and basis points of NAV. */
    caps: z
      .record(
        z.string(),
        z.strictObject({
          absoluteCap: z.string().regex(/^\d+(\.\d{1,18})?$/, 'WETH as a decimal string, e.g. "500"'),
          relativeCapBps: z.number().int().min(0).max(10_000),
        }),
      )
      .optional(),
  })
  .refine(({ proposer, guardian, curator, safe }) => new Set([proposer, guardian, curator, safe]).size === 4, {
    message: "safe, curator, guardian and proposer must be four different accounts",
  });
export type Parameters = z.output<typeof parametersSchema>;

export function readParameters(file: string): Parameters {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new ParametersError(file, "it cannot be read as JSON");
  }
  const parsed = parametersSchema.safeParse(json);
  if (!parsed.success) throw new ParametersError(file, z.prettifyError(parsed.error));
  return parsed.data;
}

const DAY = 86_400;
const MARGIN = 900;
const ETHER = 10n ** 18n;

const limits = (relativeCapBps: number, absoluteCap: string): StrategyPlan["limits"] => ({
  absoluteCap: parseEther(absoluteCap),
  dailyInflowBudget: parseEther(absoluteCap) / 4n,
  relativeCapBps,
  lossTripBps: DEFAULT_LOSS_TRIP_BPS,
});

const marketOracle = (kind: OraclePlan["kind"], feed: string, maxRateGrowthBps: number): OraclePlan => ({
  kind,
  feed,
  heartbeat: DAY,
  margin: MARGIN,
  maxRateGrowthBps,
  slashBudgetBps: 50,
  minAnswer: ETHER / 2n,
  maxAnswer: 2n * ETHER,
});

export const MAINNET_STRATEGIES: readonly StrategyPlan[] = [
  {
    key: "aave",
    name: "Aave v3 WETH",
    adapter: "AaveV3Adapter",
    targets: [MAINNET.aavePool.address],
    riskIds: [0],
    limits: limits(2_500, "500"),
    oracle: {
      kind: ORACLE_KIND.assetDenominated,
      feed: ZeroAddress,
      heartbeat: 0,
      margin: 0,
      maxRateGrowthBps: 5_000,
      slashBudgetBps: 10,
      minAnswer: 0n,
      maxAnswer: 0n,
    },
  },
  {
    key: "lido",
    name: "Lido wstETH",
    adapter: "LidoAdapter",
    targets: [MAINNET.wstEth.address, MAINNET.lidoWithdrawalQueue.address],
    riskIds: [1],
    limits: limits(2_500, "500"),
    // Growth caps: Aave's CAPO for the same token.
    oracle: marketOracle(ORACLE_KIND.marketOfUnderlying, MAINNET.feedStEthEth.address, 968),
  },
  {
    key: "etherfi",
    name: "ether.fi weETH",
    adapter: "EtherFiAdapter",
    targets: [MAINNET.weEth.address, MAINNET.etherFiRedemption.address],
    riskIds: [1, 2],
    limits: limits(2_500, "250"),
    oracle: marketOracle(ORACLE_KIND.marketOfToken, MAINNET.feedWeEthEth.address, 875),
  },
];

export class UnknownCapError extends InputError {
  readonly code = "UNKNOWN_CAP";
  readonly key: string;
  constructor(key: string, known: readonly string[]) {
    super(`The parameters cap "${key}", which is no strategy of the plan. Known are ${known.join(", ")}.`);
    this.key = key;
  }
}

/** The strategies with the parameters' own caps; the inflow budget stays a quarter of the cap a day. */
function capped(strategies: readonly StrategyPlan[], caps: Parameters["caps"] = {}): readonly StrategyPlan[] {
  const known = MAINNET_STRATEGIES.map(({ key }) => key);
  const unknown = Object.keys(caps).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new UnknownCapError(unknown, known);
  return strategies.map((strategy) => {
    const cap = caps[strategy.key];
    return cap === undefined ? strategy : { ...strategy, limits: limits(cap.relativeCapBps, cap.absoluteCap) };
  });
}

/** Pays at once unless its reserve is lent out in full: the first place for sync exits to look. */
const DEFAULT_WITHDRAWAL_ORDER: readonly string[] = ["aave"];

/** The plan for these people; `strategies` narrows it, e.g. in a test whose state holds only some feeds. */
export function mainnetPlan(
  parameters: Parameters,
  strategies: readonly StrategyPlan[] = MAINNET_STRATEGIES,
): EnginePlan {
  return {
    asset: MAINNET.weth.address,
    name: "Amplified WETH",
    symbol: "amWETH",
    vault: DEFAULT_VAULT,
    policy: DEFAULT_POLICY,
    safe: parameters.safe,
    curator: parameters.curator,
    guardian: parameters.guardian,
    proposer: parameters.proposer,
    curatorDelay: DEFAULT_CURATOR_DELAY,
    ownerDelay: DEFAULT_CURATOR_DELAY,
    fees: parameters.fees ?? NO_FEES,
    signerTiers: parameters.signerTiers ?? DEFAULT_SIGNER_TIERS,
    withdrawalOrder:
      parameters.withdrawalOrder ??
      DEFAULT_WITHDRAWAL_ORDER.filter((key) => strategies.some((strategy) => strategy.key === key)),
    strategies: capped(strategies, parameters.caps),
    riskCaps: [
      { riskId: 0, absoluteCap: parseEther("1000"), relativeCapBps: 4_000 },
      { riskId: 1, absoluteCap: parseEther("1000"), relativeCapBps: 4_000 },
      { riskId: 2, absoluteCap: parseEther("250"), relativeCapBps: 2_500 },
    ],
  };
}
