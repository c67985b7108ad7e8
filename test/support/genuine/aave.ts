/**
 * A genuine Aave v3, deployed whole: provider, pool, configurator, access control, a WETH reserve to lend into and a
 * collateral reserve, so that a borrower can move utilization. Only the price oracle is the package's own mock, so that a
 * test sets the price at which a borrower fails. This file deploys 3.0 of `@aave/core-v3`; aave-3.6.ts the current line.
 */
import { type Contract, encodeBytes32String, MaxUint256, type Signer, ZeroAddress } from "ethers";
import { type Artifact, at, deployArtifact, readAddress, readArtifact, send } from "./artifact.ts";

const RAY = 10n ** 27n;
/** ERC-20 price in the market's base currency, eight decimals; equal for both tokens, so that loans depend on LTV only. */
const UNIT_PRICE = 2_000n * 10n ** 8n;

export interface AaveOptions {
  /** WETH utilization at the kink, ray. Mainnet has moved between 0.80 and 0.92. */
  readonly optimalUsage?: bigint;
  /** Borrow rate added up to the kink, ray per year. */
  readonly slope1?: bigint;
  /** Borrow rate added above the kink, ray per year. */
  readonly slope2?: bigint;
  /** Share of interest kept by the protocol, basis points. */
  readonly reserveFactorBps?: bigint;
  /** Receives the protocol's share; the deployer when absent. */
  readonly treasury?: string;
}

export interface AaveDeployment {
  readonly provider: Contract;
  readonly pool: Contract;
  readonly configurator: Contract;
  readonly aclManager: Contract;
  readonly dataProvider: Contract;
  readonly oracle: Contract;
  /** aToken of WETH. */
  readonly aToken: Contract;
  readonly variableDebtToken: Contract;
  /** Freely mintable ERC-20 (`mint(uint256)`) listed as collateral. */
  readonly collateral: Contract;
  readonly weth: string;
  readonly addresses: Readonly<Record<"provider" | "pool" | "configurator" | "aToken" | "collateral", string>>;
}

type Rates = Required<Pick<AaveOptions, "optimalUsage" | "slope1" | "slope2">>;

/** What a reserve is listed with. Contracts by address. */
interface Listing {
  readonly asset: string;
  readonly symbol: string;
  readonly treasury: string;
  readonly strategy: string;
  readonly rates: Rates;
  /** Implementations in the order of {@link AaveRelease.tokens}. */
  readonly tokens: readonly string[];
}

/** What differs between the releases of Aave v3. */
export interface AaveRelease {
  /** Artifact by path, as under the package's `contracts` folder, without extension. */
  readonly artifact: (path: string) => Artifact;
  readonly pool: { readonly path: string; readonly args: (provider: string, strategy: string) => readonly unknown[] };
  readonly configurator: string;
  readonly dataProvider: string;
  readonly strategy: { readonly path: string; readonly args: (provider: string, rates: Rates) => readonly unknown[] };
  /** Implementations of the aToken first, then of the debt tokens, the variable one last. */
  readonly tokens: readonly {
    readonly path: string;
    readonly args: (pool: string, treasury: string) => readonly unknown[];
  }[];
  /** `InitReserveInput` of this release. */
  readonly input: (listing: Listing) => Readonly<Record<string, unknown>>;
}

/** What both releases call the tokens of a reserve. */
export const tokenNames = (symbol: string) => ({
  aTokenName: `Aave ${symbol}`,
  aTokenSymbol: `a${symbol}`,
  variableDebtTokenName: `Aave Variable Debt ${symbol}`,
  variableDebtTokenSymbol: `variableDebt${symbol}`,
});

const token = (name: string) => ({ path: `protocol/tokenization/${name}`, args: (pool: string) => [pool] });

const RELEASE: AaveRelease = {
  artifact: (path) =>
    readArtifact(`@aave/core-v3/artifacts/contracts/${path}.sol/${path.slice(path.lastIndexOf("/") + 1)}.json`),
  pool: { path: "protocol/pool/Pool", args: (provider) => [provider] },
  configurator: "protocol/pool/PoolConfigurator",
  dataProvider: "misc/AaveProtocolDataProvider",
  strategy: {
    path: "protocol/pool/DefaultReserveInterestRateStrategy",
    // No stable-rate debt: its four parameters are zero, and its share of total debt has the mainnet value.
    args: (provider, { optimalUsage, slope1, slope2 }) => [
      provider,
      optimalUsage,
      0n,
      slope1,
      slope2,
      0n,
      0n,
      0n,
      0n,
      (RAY * 20n) / 100n,
    ],
  },
  tokens: [token("AToken"), token("StableDebtToken"), token("VariableDebtToken")],
  input: ({ asset, symbol, treasury, strategy, tokens: [aTokenImpl, stableDebtTokenImpl, variableDebtTokenImpl] }) => ({
    aTokenImpl,
    stableDebtTokenImpl,
    variableDebtTokenImpl,
    underlyingAssetDecimals: 18,
    interestRateStrategyAddress: strategy,
    underlyingAsset: asset,
    treasury,
    incentivesController: ZeroAddress,
    ...tokenNames(symbol),
    stableDebtTokenName: `Aave Stable Debt ${symbol}`,
    stableDebtTokenSymbol: `stableDebt${symbol}`,
    params: encodeBytes32String(""),
  }),
};

/** Deploys contracts of a release; the libraries that one links are deployed before it, each once. */
function deployer(signer: Signer, artifact: AaveRelease["artifact"]) {
  const libraries = new Map<string, string>();
  const deploy = async (path: string, args: readonly unknown[] = []): Promise<Contract> => {
    const wanted = artifact(path);
    for (const library of Object.values(wanted.linkReferences).flatMap((file) => Object.keys(file))) {
      if (libraries.has(library)) continue;
      libraries.set(library, await (await deploy(`protocol/libraries/logic/${library}`)).getAddress());
    }
    return await deployArtifact(wanted, signer, args, libraries);
  };
  return deploy;
}

/** Deploys the 3.0 market with its two reserves; `signer` gets every admin role. */
export const deployAave = (signer: Signer, weth: string, options: AaveOptions = {}): Promise<AaveDeployment> =>
  deployMarket(RELEASE, signer, weth, options);

/** As {@link deployAave}, of any release. */
export async function deployMarket(
  release: AaveRelease,
  signer: Signer,
  weth: string,
  options: AaveOptions,
): Promise<AaveDeployment> {
  const {
    optimalUsage = (RAY * 80n) / 100n,
    slope1 = (RAY * 27n) / 1000n,
    slope2 = (RAY * 80n) / 100n,
    reserveFactorBps = 1_500n,
    treasury = await signer.getAddress(),
  } = options;
  const rates = { optimalUsage, slope1, slope2 };
  const admin = await signer.getAddress();
  const deploy = deployer(signer, release.artifact);
  const addressOf = async (path: string, args: readonly unknown[] = []): Promise<string> =>
    (await deploy(path, args)).getAddress();

  const provider = await deploy("protocol/configuration/PoolAddressesProvider", ["ETH", admin]);
  const providerAddress = await provider.getAddress();
  await send(provider, "setACLAdmin", admin);
  const aclManager = await deploy("protocol/configuration/ACLManager", [providerAddress]);
  await send(provider, "setACLManager", await aclManager.getAddress());
  for (const role of ["addPoolAdmin", "addRiskAdmin", "addEmergencyAdmin", "addAssetListingAdmin"]) {
    await send(aclManager, role, admin);
  }
  const oracle = await deploy("mocks/oracle/PriceOracle");
  await send(provider, "setPriceOracle", await oracle.getAddress());

  const strategy = await addressOf(release.strategy.path, release.strategy.args(providerAddress, rates));
  const poolArgs = release.pool.args(providerAddress, strategy);
  await send(provider, "setPoolImpl", await addressOf(release.pool.path, poolArgs));
  const poolAddress = await readAddress(provider, "getPool");
  const pool = at(poolAddress, release.artifact(release.pool.path).abi, signer);

  await send(provider, "setPoolConfiguratorImpl", await addressOf(release.configurator));
  const configuratorAddress = await readAddress(provider, "getPoolConfigurator");
  const configurator = at(configuratorAddress, release.artifact(release.configurator).abi, signer);

  const dataProvider = await deploy(release.dataProvider, [providerAddress]);
  await send(provider, "setPoolDataProvider", await dataProvider.getAddress());

  const collateral = await deploy("mocks/tokens/MintableERC20", ["Collateral", "COL", 18]);
  const collateralAddress = await collateral.getAddress();
  const tokens: string[] = [];
  for (const { path, args } of release.tokens) tokens.push(await addressOf(path, args(poolAddress, treasury)));
  const input = (asset: string, symbol: string) => release.input({ asset, symbol, treasury, strategy, rates, tokens });
  await send(configurator, "initReserves", [input(weth, "WETH"), input(collateralAddress, "COL")]);
  await send(configurator, "setReserveBorrowing", weth, true);
  await send(configurator, "setReserveFactor", weth, reserveFactorBps);
  await send(configurator, "configureReserveAsCollateral", collateralAddress, 8_000n, 8_500n, 10_500n);
  await send(oracle, "setAssetPrice", weth, UNIT_PRICE);
  await send(oracle, "setAssetPrice", collateralAddress, UNIT_PRICE);

  const listed = await dataProvider.getFunction("getReserveTokensAddresses").staticCall(weth);
  const abiOf = (place: number) => release.artifact(release.tokens.at(place)?.path ?? "").abi;
  const aToken = at(String(listed[0]), abiOf(0), signer);
  const variableDebtToken = at(String(listed[2]), abiOf(-1), signer);
  return {
    provider,
    pool,
    configurator,
    aclManager,
    dataProvider,
    oracle,
    aToken,
    variableDebtToken,
    collateral,
    weth,
    addresses: {
      provider: providerAddress,
      pool: poolAddress,
      configurator: configuratorAddress,
      aToken: await aToken.getAddress(),
      collateral: collateralAddress,
    },
  };
}

/** `borrower` posts collateral worth `collateralAmount` and borrows `amount` WETH at the variable rate. */
export async function borrowWeth(
  aave: AaveDeployment,
  borrower: Signer,
  collateralAmount: bigint,
  amount: bigint,
): Promise<void> {
  const to = await borrower.getAddress();
  const collateral = at(aave.addresses.collateral, aave.collateral.interface, borrower);
  const pool = at(aave.addresses.pool, aave.pool.interface, borrower);
  await send(collateral, "mint(uint256)", collateralAmount);
  await send(collateral, "approve", aave.addresses.pool, collateralAmount);
  await send(pool, "supply(address,uint256,address,uint16)", aave.addresses.collateral, collateralAmount, to, 0);
  // 2 = variable rate, 0 = no referral.
  await send(pool, "borrow", aave.weth, amount, 2, 0, to);
}

/**
 * The collateral's price falls to `priceBps` of the start, and `liquidator` takes all of it for what it is worth: debt above that
 * is never paid. `liquidator` holds enough WETH.
 */
export async function failBorrower(
  aave: AaveDeployment,
  liquidator: Signer,
  borrower: Signer,
  priceBps: bigint,
): Promise<void> {
  const { collateral, pool } = aave.addresses;
  await send(aave.oracle, "setAssetPrice", collateral, (UNIT_PRICE * priceBps) / 10_000n);
  await send(at(aave.weth, aave.collateral.interface, liquidator), "approve", pool, MaxUint256);
  await send(
    at(pool, aave.pool.interface, liquidator),
    "liquidationCall",
    collateral,
    aave.weth,
    await borrower.getAddress(),
    MaxUint256,
    false,
  );
}
