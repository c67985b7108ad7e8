/**
 * The genuine Aave v3.6, the current line, compiled from `@aave-dao/aave-v3-origin` with the compiler and settings of that
 * release's foundry.toml. Beside 3.0: virtual accounting, deficits, rounding in favour of the protocol, custom errors.
 */
import { AbiCoder, type Signer, ZeroAddress } from "ethers";
import { type AaveDeployment, type AaveOptions, type AaveRelease, deployMarket, tokenNames } from "./aave.ts";
import type { Artifact } from "./artifact.ts";
import { compileGenuine, pick } from "./compile.ts";

const PACKAGE = "@aave-dao/aave-v3-origin";
const SOURCES = [
  "protocol/configuration/PoolAddressesProvider",
  "protocol/configuration/ACLManager",
  ...["PoolInstance", "PoolConfiguratorInstance", "ATokenInstance", "VariableDebtTokenInstance"].map(
    (name) => `instances/${name}`,
  ),
  ...["SupplyLogic", "BorrowLogic", "LiquidationLogic", "FlashLoanLogic", "PoolLogic", "ConfiguratorLogic"].map(
    (name) => `protocol/libraries/logic/${name}`,
  ),
  "misc/DefaultReserveInterestRateStrategyV2",
  "helpers/AaveProtocolDataProvider",
  "mocks/oracle/PriceOracle",
  "mocks/tokens/MintableERC20",
] as const;
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Ray to basis points. */
const RAY_PER_BPS = 10n ** 23n;

/** What a hook that meets the first compile may take; the machine may be busy with other suites. */
export const COMPILE_MS = 300_000;

let built: ReadonlyMap<string, Artifact> | undefined;

/** Compiles the sources, or finds them compiled. Takes a while the first time: call it in a hook with {@link COMPILE_MS}. */
export function compileAave36(): ReadonlyMap<string, Artifact> {
  built ??= compileGenuine({
    compiler: "solc-0.8.27",
    evmVersion: "shanghai",
    runs: 200,
    contracts: SOURCES.map((path) => `${PACKAGE}/src/contracts/${path}.sol:${nameOf(path)}`),
    packages: { [PACKAGE]: PACKAGE, "openzeppelin-contracts/contracts": "@openzeppelin/contracts-5.1.0" },
    local: {},
  });
  return built;
}

const RELEASE: AaveRelease = {
  artifact: (path) => pick(compileAave36(), nameOf(path)),
  pool: { path: "instances/PoolInstance", args: (provider, strategy) => [provider, strategy] },
  configurator: "instances/PoolConfiguratorInstance",
  dataProvider: "helpers/AaveProtocolDataProvider",
  // One strategy for the whole pool: each reserve's rates come with its listing.
  strategy: { path: "misc/DefaultReserveInterestRateStrategyV2", args: (provider) => [provider] },
  tokens: [
    { path: "instances/ATokenInstance", args: (pool, treasury) => [pool, ZeroAddress, treasury] },
    { path: "instances/VariableDebtTokenInstance", args: (pool) => [pool, ZeroAddress] },
  ],
  input: ({ asset, symbol, rates: { optimalUsage, slope1, slope2 }, tokens: [aTokenImpl, variableDebtTokenImpl] }) => ({
    aTokenImpl,
    variableDebtTokenImpl,
    underlyingAsset: asset,
    ...tokenNames(symbol),
    params: "0x",
    // Basis points: utilization at the kink, base rate, slopes below and above.
    interestRateData: AbiCoder.defaultAbiCoder().encode(
      ["uint16", "uint32", "uint32", "uint32"],
      [optimalUsage / RAY_PER_BPS, 0n, slope1 / RAY_PER_BPS, slope2 / RAY_PER_BPS],
    ),
  }),
};

/** Deploys the 3.6 market with its two reserves; `signer` gets every admin role. */
export const deployAave36 = (signer: Signer, weth: string, options: AaveOptions = {}): Promise<AaveDeployment> =>
  deployMarket(RELEASE, signer, weth, options);
