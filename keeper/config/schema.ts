/** The keeper's configuration: every key with its unit, bounds and, in the message, what would be right. */
import { getAddress, isAddress, ZeroAddress } from "ethers";
import { z } from "zod";
import { address } from "../kernel/units.ts";
import { isProtocolId, PROTOCOL_IDS } from "../protocols/ids.ts";

const integer = (low: number, high: number, unit: string) => {
  const remedy = `a whole number of ${unit} from ${low} to ${high}`;
  return z.number({ error: remedy }).int(remedy).min(low, remedy).max(high, remedy);
};
const fraction = (what: string) => {
  const remedy = `${what}: a fraction above 0 and at most 1, e.g. 0.05 for 5 %`;
  return z.number({ error: remedy }).gt(0, remedy).max(1, remedy);
};
const text = (remedy: string) => z.string({ error: remedy }).min(1, remedy);
const contract = z
  .string({ error: "a contract address, 0x and 40 hex digits" })
  .refine((value) => isAddress(value), {
    error: "a contract address with a correct checksum, 0x and 40 hex digits",
    abort: true,
  })
  .refine((value) => getAddress(value) !== ZeroAddress, { error: "an address other than zero" })
  .transform((value) => address(getAddress(value)));

/** Days beyond look-back and twice the horizon that training and validation windows take (keeper/forecast/lstm). */
const LSTM_STEPS = 43;

const protocol = z
  .string({ error: `one of ${PROTOCOL_IDS.join(", ")}` })
  .refine(isProtocolId, { error: `one of ${PROTOCOL_IDS.join(", ")}` });

const isRpcUrl = (value: string): boolean =>
  URL.canParse(value) && ["http:", "https:"].includes(new URL(value).protocol);

const strategy = z.strictObject({
  /** Id in the StrategyRegistry. */
  id: integer(1, 32, "the registry's id"),
  /** Key of `keeper/protocols`. */
  protocol,
  name: text('a name for people, e.g. "Aave v3 WETH"').max(60, "at most 60 characters"),
  /** Expected wait of an asynchronous exit, days; the protocol's own default when absent. */
  exitDelayDays: z
    .number({ error: "a number of days from 0 to 60" })
    .min(0, "0 or more days")
    .max(60, "at most 60 days")
    .optional(),
  /** Active management of a range position; without it the range stays where it is. */
  range: z
    .strictObject({
      /** Trade a day that leaves the pool's price where it was, WETH: the operator's own figure. 0 counts arbitrage only. */
      volumePerDayEth: z
        .number({ error: "WETH a day, 0 or more" })
        .min(0, "0 or more WETH a day")
        .max(1e9, "at most 1e9 WETH a day"),
      /** Days a range is meant to stand. */
      horizonDays: integer(1, 90, "days"),
      /** Largest CVaR of the position's net result over those days. */
      maxCvar: fraction("largest CVaR of the range over its horizon"),
    })
    .optional(),
});

export const configSchema = z
  .strictObject({
    /** The first that answers is used; with rpc.quorum all of them are asked. */
    rpcUrls: z
      .array(z.string({ error: "an http or https URL" }).refine(isRpcUrl, { error: "an http or https URL" }), {
        error: "a list of URLs",
      })
      .min(1, "at least one URL"),
    rpc: z.strictObject({
      timeoutMs: integer(500, 120_000, "milliseconds"),
      maxBatch: integer(1, 100, "calls per HTTP request"),
      /** How many of rpcUrls must agree on the pinned block and on every call at it; 1 when absent: the first that answers. */
      quorum: integer(1, 8, "RPCs").optional(),
    }),
    chainId: integer(1, Number.MAX_SAFE_INTEGER, "the chain's id"),
    addresses: z.strictObject({
      vault: contract,
      registry: contract,
      guard: contract,
      module: contract,
      multicall: contract,
    }),
    strategies: z
      .array(strategy, { error: "a list of strategies" })
      .min(1, "at least one strategy")
      .max(32, "at most 32 strategies"),
    history: z.strictObject({
      /** Days of rates to read. */
      days: integer(2, 1_500, "days"),
      /** Days of base fees to read. */
      gasDays: integer(1, 60, "days"),
    }),
    /** Days a decision is meant to hold. */
    horizonDays: integer(1, 365, "days"),
    limits: z.strictObject({
      /** Hard cap of maxFeePerGas, gwei. */
      gasCapGwei: z.number({ error: "gwei, above 0" }).gt(0, "above 0 gwei").max(2_000, "at most 2000 gwei"),
      /** Most loss a proposal may ask for, basis points of NAV. */
      maxLossBps: integer(1, 500, "basis points"),
      navToleranceBps: integer(1, 500, "basis points"),
      /** Seconds from proposing to deadline. */
      ttlSeconds: integer(600, 30 * 86_400, "seconds"),
      /** Legs below this are not worth their gas, in WETH. */
      minLegEth: z.number({ error: "WETH, above 0" }).gt(0, "above 0 WETH").max(1_000, "at most 1000 WETH"),
    }),
    risk: z.strictObject({
      /** Confidence level of VaR and CVaR. */
      beta: z
        .number({ error: "a confidence level from 0.8 to 0.999" })
        .min(0.8, "at least 0.8")
        .max(0.999, "at most 0.999"),
      maxVar: fraction("largest VaR over the horizon"),
      maxCvar: fraction("largest CVaR over the horizon"),
      maxDrawdown: fraction("largest drawdown over the horizon"),
    }),
    /** Risk profile of keeper/profiles.ts; "cautious" when absent. */
    profile: z.enum(["cautious", "growth"], { error: '"cautious" or "growth"' }).optional(),
    /**
     * Who decides whether and how far to move: the no-trade band, also when absent, or a learned policy: the one that comes with the
     * engine, or the file named. A relative path starts at the configuration file's folder. The digest, not the path, is part of
     * what signers recompute.
     */
    policy: z
      .discriminatedUnion(
        "kind",
        [
          z.strictObject({ kind: z.literal("band") }),
          z.strictObject({
            kind: z.literal("dqn"),
            checkpoint: z
              .strictObject({
                path: text("a file path"),
                sha256: z
                  .string({ error: "the file's SHA-256, 64 hex digits" })
                  .regex(/^[0-9a-f]{64}$/, "the file's SHA-256, 64 lower-case hex digits"),
              })
              .optional(),
          }),
        ],
        { error: 'an object with kind "band" or "dqn"' },
      )
      .optional(),
    /**
     * One global LSTM over all strategies as a further member of the forecast combination; none when absent, because it costs more
     * than it gains on the yields measured (docs/MODELS.md, LSTM). It is trained in the run itself, from the history that the run
     * reads and the configuration's seed, so there is no model file: these numbers, which are part of what signers recompute, pin it.
     */
    lstm: z
      .strictObject({
        units: integer(2, 128, "units of the hidden layer"),
        lookback: integer(4, 180, "days of a window"),
        members: integer(1, 10, "networks of the ensemble"),
      })
      .optional(),
    objective: z.enum(["mean-variance", "min-cvar"], { error: '"mean-variance" or "min-cvar"' }),
    seed: integer(0, 0xffff_ffff, "a 32-bit seed"),
    /** Block the ProposalModule was deployed in: events are looked for from there. Found by asking the chain when absent. */
    deploymentBlock: integer(0, Number.MAX_SAFE_INTEGER, "the deployment's block").optional(),
    /** True: `execute` waits for a cheap hour before the deadline, as with --patient. */
    patient: z.boolean({ error: "true or false" }).optional(),
    /** Path of the append-only transaction log; a relative one starts at the configuration file's folder. */
    txLog: text("a file path"),
  })
  .superRefine((config, context) => {
    const seen = new Set<number>();
    config.strategies.forEach(({ id }, index) => {
      if (seen.has(id))
        context.addIssue({ code: "custom", path: ["strategies", index, "id"], message: "an id that occurs once" });
      seen.add(id);
    });
    if ((config.rpc.quorum ?? 1) > config.rpcUrls.length) {
      context.addIssue({
        code: "custom",
        path: ["rpc", "quorum"],
        message: `at most the number of rpcUrls (${config.rpcUrls.length})`,
      });
    }
    if (config.risk.maxVar > config.risk.maxCvar) {
      context.addIssue({
        code: "custom",
        path: ["risk", "maxVar"],
        message: `at most risk.maxCvar (${config.risk.maxCvar}): CVaR is never below VaR`,
      });
    }
    // Below this no network is ever fitted, and the member would only repeat its anchor.
    const lstmDays = (config.lstm?.lookback ?? 0) + 2 * config.horizonDays + LSTM_STEPS;
    if (config.lstm !== undefined && config.history.days < lstmDays) {
      context.addIssue({
        code: "custom",
        path: ["lstm", "lookback"],
        message: `at most history.days - 2 horizonDays - ${LSTM_STEPS} (${config.history.days - 2 * config.horizonDays - LSTM_STEPS}): with less history the network is never fitted`,
      });
    }
    if (config.history.days < config.horizonDays) {
      context.addIssue({
        code: "custom",
        path: ["history", "days"],
        message: `at least horizonDays (${config.horizonDays})`,
      });
    }
  });

export type KeeperConfig = Readonly<z.output<typeof configSchema>>;
