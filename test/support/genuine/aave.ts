/**
 * The genuine Aave v3.0 of `@aave/core-v3`, deployed whole: provider, pool, configurator, access control, a WETH reserve
 * to lend into and a collateral reserve, so that a borrower can move utilization. Only the price oracle is the package's
 * own mock, because no borrower here is ever to be liquidated by a real price.
 */
import { type Contract, encodeBytes32String, type Signer } from "ethers";
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

const artifact = (path: string): Artifact => {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return readArtifact(`@aave/core-v3/artifacts/contracts/${path}.sol/${name}.json`);
};

/** Deploys the libraries in the order their links need and returns name -> address. */
async function deployLibraries(signer: Signer): Promise<Map<string, string>> {
  const libraries = new Map<string, string>();
  // FlashLoanLogic links BorrowLogic, so BorrowLogic comes first.
  for (const name of [
    "SupplyLogic",
    "BorrowLogic",
    "LiquidationLogic",
    "EModeLogic",
    "BridgeLogic",
    "PoolLogic",
    "FlashLoanLogic",
    "ConfiguratorLogic",
  ]) {
    const library = await deployArtifact(artifact(`protocol/libraries/logic/${name}`), signer, [], libraries);
    libraries.set(name, await library.getAddress());
  }
  return libraries;
}

/** Deploys the market with its two reserves; `signer` gets every admin role. */
export async function deployAave(signer: Signer, weth: string, options: AaveOptions = {}): Promise<AaveDeployment> {
  const {
    optimalUsage = (RAY * 80n) / 100n,
    slope1 = (RAY * 27n) / 1000n,
    slope2 = (RAY * 80n) / 100n,
    reserveFactorBps = 1_500n,
    treasury = await signer.getAddress(),
  } = options;
  const admin = await signer.getAddress();
  const libraries = await deployLibraries(signer);

  const provider = await deployArtifact(artifact("protocol/configuration/PoolAddressesProvider"), signer, [
    "ETH",
    admin,
  ]);
  const providerAddress = await provider.getAddress();
  await send(provider, "setACLAdmin", admin);
  const aclManager = await deployArtifact(artifact("protocol/configuration/ACLManager"), signer, [providerAddress]);
  await send(provider, "setACLManager", await aclManager.getAddress());
  for (const role of ["addPoolAdmin", "addRiskAdmin", "addEmergencyAdmin", "addAssetListingAdmin"]) {
    await send(aclManager, role, admin);
  }
  const oracle = await deployArtifact(artifact("mocks/oracle/PriceOracle"), signer);
  await send(provider, "setPriceOracle", await oracle.getAddress());

  const poolImplementation = await deployArtifact(artifact("protocol/pool/Pool"), signer, [providerAddress], libraries);
  await send(provider, "setPoolImpl", await poolImplementation.getAddress());
  const poolAddress = await readAddress(provider, "getPool");
  const pool = at(poolAddress, artifact("protocol/pool/Pool").abi, signer);

  const configuratorImplementation = await deployArtifact(
    artifact("protocol/pool/PoolConfigurator"),
    signer,
    [],
    libraries,
  );
  await send(provider, "setPoolConfiguratorImpl", await configuratorImplementation.getAddress());
  const configuratorAddress = await readAddress(provider, "getPoolConfigurator");
  const configurator = at(configuratorAddress, artifact("protocol/pool/PoolConfigurator").abi, signer);

  const dataProvider = await deployArtifact(artifact("misc/AaveProtocolDataProvider"), signer, [providerAddress]);
  await send(provider, "setPoolDataProvider", await dataProvider.getAddress());

  const collateral = await deployArtifact(artifact("mocks/tokens/MintableERC20"), signer, ["Collateral", "COL", 18]);
  const collateralAddress = await collateral.getAddress();
  const strategy = await deployArtifact(artifact("protocol/pool/DefaultReserveInterestRateStrategy"), signer, [
    // No stable-rate debt: its four parameters are zero, and its share of total debt has the mainnet value.
    providerAddress,
    optimalUsage,
    0n,
    slope1,
    slope2,
    0n,
    0n,
    0n,
    0n,
    (RAY * 20n) / 100n,
  ]);
  const implementations = [];
  for (const name of ["AToken", "StableDebtToken", "VariableDebtToken"]) {
    const token = await deployArtifact(artifact(`protocol/tokenization/${name}`), signer, [poolAddress]);
    implementations.push(await token.getAddress());
  }
  const [aTokenImpl, stableDebtTokenImpl, variableDebtTokenImpl] = implementations;
  const strategyAddress = await strategy.getAddress();
  const input = (underlyingAsset: string, symbol: string) => ({
    aTokenImpl,
    stableDebtTokenImpl,
    variableDebtTokenImpl,
    underlyingAssetDecimals: 18,
    interestRateStrategyAddress: strategyAddress,
    underlyingAsset,
    treasury,
    incentivesController: "0x0000000000000000000000000000000000000000",
    aTokenName: `Aave ${symbol}`,
    aTokenSymbol: `a${symbol}`,
    variableDebtTokenName: `Aave Variable Debt ${symbol}`,
    variableDebtTokenSymbol: `variableDebt${symbol}`,
    stableDebtTokenName: `Aave Stable Debt ${symbol}`,
    stableDebtTokenSymbol: `stableDebt${symbol}`,
    params: encodeBytes32String(""),
  });
  await send(configurator, "initReserves", [input(weth, "WETH"), input(collateralAddress, "COL")]);
  await send(configurator, "setReserveBorrowing", weth, true);
  await send(configurator, "setReserveFactor", weth, reserveFactorBps);
  await send(configurator, "configureReserveAsCollateral", collateralAddress, 8_000n, 8_500n, 10_500n);
  await send(oracle, "setAssetPrice", weth, UNIT_PRICE);
  await send(oracle, "setAssetPrice", collateralAddress, UNIT_PRICE);

  const tokens = await dataProvider.getFunction("getReserveTokensAddresses").staticCall(weth);
  const aToken = at(String(tokens[0]), artifact("protocol/tokenization/AToken").abi, signer);
  const variableDebtToken = at(String(tokens[2]), artifact("protocol/tokenization/VariableDebtToken").abi, signer);
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
