/** `amplified`: the command line. Each verb loads only what it needs, so that signing starts at once. */
import { Command, Option } from "commander";
import { EXIT } from "../kernel/errors.ts";
import type { BacktestFlags } from "./backtest.ts";
import { wholeNumber } from "./context.ts";
import type { DemoFlags } from "./demo.ts";
import type { DoctorFlags } from "./doctor.ts";
import type { ForecastFlags } from "./forecast.ts";
import type { ExecuteFlags, OnceFlags } from "./operator.ts";
import { type OutputOptions, printUsageError, runCommand } from "./output.ts";
import type { SignFlags } from "./owner.ts";
import type { OptimizeFlags, RiskFlags } from "./portfolio.ts";
import type { MaintainFlags } from "./queue.ts";
import type { RangesFlags } from "./ranges.ts";
import type { RunFlags } from "./run.ts";
import type { SimulateFlags } from "./simulate.ts";
import type { StatusFlags } from "./status.ts";
import type { VenuesFlags } from "./venues.ts";

const DEFAULT_CONFIG = "keeper.json";
/** As in the configuration: 32 bits. */
const MAX_SEED = 0xffff_ffff;
const json = () => new Option("--json", "print one JSON document instead of text");
const config = () =>
  new Option("-c, --config <file>", "the keeper's configuration").default(DEFAULT_CONFIG).env("AMPLIFIED_CONFIG");

const program = new Command("amplified")
  .description(
    "Forecasts, optimizes and checks the allocation of an ETH vault; proposes it on chain; executes what the Safe's owners signed.",
  )
  .addHelpText(
    "after",
    "\nExit codes: 0 done, 2 bad input, 3 held, 4 chain failure, 5 refused, 6 not yet, 1 anything else.",
  )
  .configureOutput({ outputError: (message) => printUsageError(message, process.argv) })
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.badInput);
  });

program
  .command("demo")
  .description("run the whole engine on a chain of its own and write out/report.html and out/run.json")
  .option("--seed <number>", "seed of the market and of the scenarios", "1")
  .option("--market <directory>", "live through a recorded market, e.g. ../shared/data, instead of a seeded one")
  .option("--out <directory>", "where the report goes", "out")
  .option("--serve", "keep the chain running afterwards, so that other verbs can be tried")
  .addOption(json())
  .action((flags: DemoFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./demo.ts")).demo(flags, wholeNumber("--seed", flags.seed, MAX_SEED))),
  );

const keeper = program.command("keeper").description("the keeper's own work");
keeper
  .command("run")
  .description("chores and cycles at an interval until it is stopped; sends only what a key is given for")
  .addOption(config())
  .option("--interval <seconds>", "pause between rounds", "3600")
  .option("--rounds <number>", "end after so many rounds; without it, on SIGINT or SIGTERM")
  .option("--propose", "publish proposals on chain")
  .option("--key-file <file>", "the proposer's key, mode 0600: pays for chores, and for proposals with --propose")
  .option("--password-file <file>", "password of an encrypted keystore")
  .option("--out <directory>", "where proposals and evidence are written", "out")
  .addOption(json())
  .action((flags: RunFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./run.ts")).keeperRun(flags)),
  );

keeper
  .command("once")
  .description("run one cycle: observe to propose; a dry run unless --propose is given")
  .addOption(config())
  .option("--propose", "publish the proposal on chain")
  .option("--key-file <file>", "the proposer's key, mode 0600; needed with --propose")
  .option("--password-file <file>", "password of an encrypted keystore")
  .option("--out <directory>", "where proposal and evidence are written", "out")
  .addOption(json())
  .action((flags: OnceFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./operator.ts")).keeperOnce(flags)),
  );

program
  .command("queue")
  .description("the redeem queue: what is owed, what waits for a price, and what anyone may do about it now")
  .addOption(config())
  .addOption(json())
  .action((flags: { config: string } & OutputOptions) =>
    runCommand(flags, async () => (await import("./queue.ts")).queue(flags.config)),
  );

program
  .command("maintain")
  .description(
    "do what is due and anyone may do: collect exits, report, price and fund the redeem queue; a dry run without a key",
  )
  .addOption(config())
  .option("--key-file <file>", "key that pays the gas, mode 0600")
  .option("--password-file <file>", "password of an encrypted keystore")
  .addOption(json())
  .action((flags: MaintainFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./queue.ts")).maintainOnce(flags)),
  );

program
  .command("doctor")
  .description("check everything a run needs, one line each, with the remedy")
  .addOption(config())
  .option("--key-file <file>", "also check this key: its file, its role as proposer, its balance")
  .option("--parameters <file>", "also hold the deployment against the plan of these mainnet parameters")
  .option("--password-file <file>", "password of an encrypted keystore")
  .addOption(json())
  .action((flags: DoctorFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./doctor.ts")).doctor(flags)),
  );

program
  .command("show [id]")
  .description("list the published proposals and their states, or show one")
  .addOption(config())
  .addOption(json())
  .action((id: string | undefined, flags: { config: string } & OutputOptions) =>
    runCommand(flags, async () => (await import("./owner.ts")).show(id, flags.config)),
  );

program
  .command("verify <id>")
  .description(
    "recompute a published proposal from chain data and say in one sentence what it does and whether it matches",
  )
  .addOption(config())
  .addOption(json())
  .action((id: string, flags: { config: string } & OutputOptions) =>
    runCommand(flags, async () => (await import("./owner.ts")).verify(id, flags.config)),
  );

program
  .command("sign <proposal-file>")
  .description("sign a proposal as an owner; needs no connection, recomputes the id, refuses what does not fit")
  .requiredOption("--key-file <file>", "the owner's key: 64 hex digits or a keystore, mode 0600")
  .option("--password-file <file>", "password of an encrypted keystore")
  .requiredOption("--chain-id <number>", "the chain the owner means to sign for")
  .requiredOption("--module <address>", "the ProposalModule the owner means to sign for")
  .option("--for <safe>", "sign as an owner of this Safe, which is itself an owner of the approving Safe")
  .addOption(
    new Option("--parent-version <version>", "with --for: version of the approving Safe")
      .choices(["1.5.0", "1.4.1"])
      .default("1.5.0"),
  )
  .option("--now <seconds>", "Unix time to judge expiry by; the machine's clock when absent")
  .option("--out <file>", "where the signature is written; printed when absent")
  .addOption(json())
  .action((file: string, flags: SignFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./owner.ts")).sign(file, flags)),
  );

program
  .command("status <proposal>")
  .description("what a proposal (file or id) still needs: who approved, how many must and why, when it may execute")
  .addOption(config())
  .option("--signatures <files...>", "the owners' signature files collected so far", [])
  .addOption(json())
  .action((proposal: string, flags: StatusFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./status.ts")).status(proposal, flags)),
  );

program
  .command("execute <proposal-file>")
  .description("execute an approved proposal; anyone may")
  .addOption(config())
  .option("--signatures <files...>", "the owners' signature files; none when the Safe approved by transaction", [])
  .option("--patient", "wait for a cheap hour before the deadline, by the forecast of base fees")
  .requiredOption("--key-file <file>", "key that pays the gas, mode 0600")
  .option("--password-file <file>", "password of an encrypted keystore")
  .addOption(json())
  .action((file: string, flags: ExecuteFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./operator.ts")).execute(file, flags)),
  );

program
  .command("venues")
  .description(
    "list every protocol and token, its adapter and twin, and which tests prove it; with --config the state of an engine's venues now",
  )
  .addOption(new Option("-c, --config <file>", "the keeper's configuration; without it no chain is read"))
  .option("--rpc <url>", "read this endpoint instead of the configuration's")
  .addOption(json())
  .action((flags: VenuesFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./venues.ts")).showVenues(flags)),
  );

program
  .command("optimize")
  .description("the best portfolio of your own returns, with a proof of how near the optimum it is")
  .requiredOption(
    "--returns <file>",
    "CSV or JSON: one column per asset, one row per step, simple returns as fractions",
  )
  .addOption(
    new Option("--objective <name>", "what to optimize")
      .choices(["min-variance", "max-sharpe", "target-return", "cvar", "evar", "cdar", "risk-parity", "hrp"])
      .makeOptionMandatory(),
  )
  .option("--alpha <fraction>", "share of the worst outcomes that CVaR, EVaR and CDaR look at", "0.05")
  .option("--cap <fraction>", "greatest weight of an asset", "1")
  .option("--floor <fraction>", "least weight of an asset", "0")
  .option("--groups <file>", "assets whose total is capped together: JSON or lines group,asset,cap")
  .option("--turnover <fraction>", "greatest half-sum of changes from the weights of --from")
  .option("--from <file>", "current weights: JSON or lines asset,weight")
  .option("--target <return>", "least expected return per step (target-return, cvar, cdar)")
  .option("--risk-free <return>", "risk-free return per step (max-sharpe)", "0")
  .addOption(
    new Option("--covariance <estimator>", "how the covariance is estimated")
      .choices(["sample", "ledoit-wolf", "oas"])
      .default("sample"),
  )
  .addOption(json())
  .action((flags: OptimizeFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./portfolio.ts")).optimizeReturns(flags)),
  );

program
  .command("risk")
  .description("every risk measure of given weights over your own returns, and where the risk comes from")
  .requiredOption(
    "--returns <file>",
    "CSV or JSON: one column per asset, one row per step, simple returns as fractions",
  )
  .requiredOption("--weights <file>", "JSON or lines asset,weight")
  .option("--alpha <fraction>", "share of the worst outcomes", "0.05")
  .addOption(json())
  .action((flags: RiskFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./portfolio.ts")).riskOfReturns(flags)),
  );

program
  .command("forecast")
  .description("forecast one column of a CSV or JSON table: path, mean over the horizon, intervals")
  .requiredOption(
    "--data <file>",
    "CSV with a header line, or JSON; the first column may be a date; cells may be missing",
  )
  .option("--column <name>", "the column to forecast; needed when there are several")
  .option(
    "--model <name>",
    "auto, lstm, arima, ets, theta, naive, seasonal-naive, drift, mean, mean-30, median-30, exponential-mean",
    "auto",
  )
  .option("--h <steps>", "steps ahead", "30")
  .option("--levels <percent>", "stated probabilities of the intervals", "80,95")
  .option("--order <p,d,q[,P,D,Q,m]>", "fit this ARIMA and print its coefficients, sigma2, loglik, AICc")
  .option("--period <rows>", "rows per season, 1 for none", "1")
  .option(
    "--xreg <file>",
    "regressors for ARIMA: a table with a row for every row of the data, then one for every step ahead",
  )
  .option("--all", "every column instead of one, on all cores")
  .option("--backend <name>", "of --model lstm: wasm (default), typescript, tfjs, tfjs-node")
  .option("--liquidity <column>", "of --model lstm: utilization or liquidity of the series, as an input")
  .option("--pools <columns>", "of --model lstm: other columns to train on, comma-separated, or all")
  .option("--checkpoint <folder>", "of --model lstm: begin from the network saved there, if any, and save the new one")
  .option("--seed <n>", "of --model lstm: seed of the networks, 1 when not given")
  .addOption(json())
  .action((flags: ForecastFlags & OutputOptions & { readonly all?: boolean }) =>
    runCommand(flags, async () =>
      flags.all === true
        ? (await import("./forecast-all.ts")).forecastAll(flags, (done, total) =>
            process.stderr.write(`forecast ${done} of ${total} columns\n`),
          )
        : (await import("./forecast.ts")).forecastTable(
            flags,
            patiently((done, total) => process.stderr.write(`forecast: ${done} of ${total} members judged\n`)),
          ),
    ),
  );

/** Silent for the first seconds, then a line at most every other second: short work needs no progress. */
function patiently(report: (done: number, total: number) => void): (done: number, total: number) => void {
  const every = 2000;
  let last = performance.now();
  return (done, total) => {
    const now = performance.now();
    if (now - last < every) return;
    last = now;
    report(done, total);
  };
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

program
  .command("backtest")
  .description("what the engine and plain rules would have earned on your own data, net of cost, day by day")
  .option(
    "--data <file>",
    "CSV or JSON of daily returns (columns _mkt, _prot, _apyonly, ...) or prices (flip_, dex_, rate_)",
  )
  .option("--apy <file>", "CSV of annual yields, one column per venue or one row per venue and day")
  .addOption(
    new Option("--kind <kind>", "what --data holds, where the names do not say it")
      .choices(["auto", "returns", "prices", "apy"])
      .default("auto"),
  )
  .addOption(new Option("--apy-unit <unit>", "unit of yields").choices(["percent", "fraction"]).default("percent"))
  .option("--venues <names>", "columns to take, separated by commas; all suitable ones when absent")
  .option("--from <day>", "first day, YYYY-MM-DD")
  .option("--to <day>", "last day, YYYY-MM-DD")
  .option("--min-coverage <fraction>", "share of the days that a venue must have", "0.9")
  .option(
    "--strategies <names>",
    "ai[:cautious|growth], ai-no-gate, ai-no-shrinkage, ai-no-band, ai-no-tail-limit, ai-no-costs, ai-lstm, ai-dqn, equal-weight, hold:VENUE, carry[:k], inverse-vol, min-variance, max-sharpe, top-1, idle",
  )
  .addOption(
    new Option("--profile <name>", "profile of engine strategies that name none")
      .choices(["cautious", "growth"])
      .default("cautious"),
  )
  .option(
    "--benchmark <name>",
    "column that the excess is measured against, or equal-weight; aave_WETH where there is one",
  )
  .option("--cost-bps <bps>", "cost of a purchase or a sale", "5")
  .option("--every <days>", "days between decisions", "7")
  .option("--warmup <days>", "days that the first decision knows", "60")
  .option("--lag <days>", "days between what a decision knows and its execution", "1")
  .option("--charge-entry", "charge the first purchase too")
  .option("--nav <eth>", "NAV at the start, for gas, price impact and capacity", "1000")
  .option("--idle <fraction>", "share of NAV that stays idle", "0")
  .option("--terms <file>", 'JSON: {"venue": {"exitDays": 5, "capacity": 500, "costBps": 3}}')
  .option("--gas <file>", "CSV with base_fee_gwei by hour or day: charges gas at the median of the day")
  .option("--slippage <file>", "CSV size,impact, or quotes with in_amount and price_impact (then --slippage-pair)")
  .option("--slippage-pair <pair>", "token addresses of the quotes to use, 0x..:0x..")
  .option(
    "--sweep <axis>",
    "key=v1,v2 with key cost-bps, every, lag, warmup or profile; repeat for a grid",
    collect,
    [],
  )
  .option("--combinatorial", "combinatorial purged cross-validation instead of the walk-forward")
  .option("--prior-trials <count>", "configurations tried before this run, for the deflated Sharpe ratio", "0")
  .option("--seed <number>", "seed of scenarios and bootstrap", "1")
  .option("--workers <count>", "worker threads; all cores when absent")
  .option(
    "--checkpoint <file>",
    "where an interrupted run keeps its forecasts; none for nowhere",
    "out/backtest.checkpoint",
  )
  .option("--html <file>", "also write the report as a page")
  .addOption(json())
  .action((flags: BacktestFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./backtest.ts")).backtest(flags)),
  );

program
  .command("simulate")
  .description("twelve months on all data at hand, a depeg day by day, ablations; writes docs/SIMULATION.md")
  .option(
    "--data-dir <folder>",
    "folder of the recorded tables; without them the embedded chain's market is used",
    "../shared/data",
  )
  .option("--out <file>", "where the document goes; its picture goes to images/ beside it", "docs/SIMULATION.md")
  .option("--seed <number>", "seed of scenarios, bootstrap and the embedded market", "1")
  .addOption(json())
  .action((flags: SimulateFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./simulate.ts")).simulate(flags)),
  );

program
  .command("ranges")
  .description(
    "where a concentrated position of your own pair should stand: decision, figures, and a picture with --out",
  )
  .requiredOption("--data <file>", "CSV or JSON with dates: prices, asset per unit of the other token (ETH per wstETH)")
  .option("--column <name>", "the price; needed when there are several columns")
  .option("--rate-column <name>", "the protocol's rate, the anchor; a time-weighted mean price without it")
  .option("--legs <asset,other>", "columns with both tokens' prices in a third currency, for their correlation")
  .option("--fee <pips>", "the pool's fee, hundredths of a basis point", "100")
  .option("--spacing <ticks>", "the pool's tick spacing", "1")
  .addOption(
    new Option("--asset-token <index>", "which token of the pool the asset is").choices(["0", "1"]).default("1"),
  )
  .option("--value <asset>", "worth of the position", "100")
  .option("--volume <asset>", "trade a day that leaves the price alone; 0 counts arbitrage only", "0")
  .option("--others-liquidity <L>", "others' liquidity in range, in whole units of L", "0")
  .option("--pool-price <price>", "the pool's own price now; the last price of the file when absent")
  .option("--current <lower,upper>", "the present range in ticks; none when absent")
  .option("--gas-cost <asset>", "gas of one reposition", "0.02")
  .option("--slippage <fraction>", "lost on what is sold, besides the fee", "0.0005")
  .option("--horizon <days>", "days the range is meant to stand", "14")
  .option("--cvar-limit <fraction>", "largest CVaR 95 % of the net result over the horizon", "0.01")
  .option("--seed <number>", "seed of the scenarios", "1")
  .option("--out <file>", "write an HTML page with the range against the price")
  .addOption(json())
  .action((flags: RangesFlags & OutputOptions) =>
    runCommand(flags, async () => (await import("./ranges.ts")).decideRanges(flags)),
  );

await program.parseAsync();
// A node that hangs leaves its socket open, and the process would wait for it after everything is said.
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((flushed) => stream.write("", () => flushed()));
process.exit();
