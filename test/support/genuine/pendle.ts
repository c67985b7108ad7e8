/**
 * The genuine Pendle v2 of npm: factories, market, yield token, router and oracle of `@pendle/core-v2` 6.11.0, and the SY of
 * wstETH of 4.7.2 (the package's later versions carry no SY). Upgradeable parts stand behind OpenZeppelin's ERC1967Proxy, as
 * on mainnet. The gauge controller is the real one, with WETH9 where PENDLE would be; it pays what a test sets.
 */
import { type Contract, ContractFactory, type Signer } from "ethers";
import { z } from "zod";
import { type Artifact, at, deployArtifact, link, readAddress, readArtifact, send } from "./artifact.ts";
import { deployWeth } from "./weth.ts";

const core = (path: string): Artifact => {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return readArtifact(`@pendle/core-v2/build/artifacts/contracts/${path}.sol/${name}.json`);
};
const PROXY = "@openzeppelin/contracts-4.9/build/contracts/ERC1967Proxy.json";
const WSTETH_SY =
  "@pendle/core-v2-sy/build/artifacts/contracts/core/StandardizedYield/implementations/PendleWstEthSY.sol/PendleWstEthSY.json";
/** BaseSplitCodeFactory's constructor: stores whatever follows its own 32 bytes as code. */
const CODE_HOLDER = "0x602038038060206000396000f3fefefefefefefefefefefefefefefefefefefe";
const DAY = 86_400;
const WAD = 10n ** 18n;

export interface PendleDeployment {
  readonly sy: Contract;
  readonly pt: Contract;
  readonly yt: Contract;
  readonly market: Contract;
  readonly router: Contract;
  readonly oracle: Contract;
  readonly gauge: Contract;
  /** Stands where PENDLE would. */
  readonly reward: Contract;
  readonly expiry: number;
  readonly addresses: Readonly<Record<"sy" | "pt" | "yt" | "market" | "router" | "oracle", string>>;
}

async function proxied(signer: Signer, implementation: Contract, args: readonly unknown[]): Promise<Contract> {
  const data = implementation.interface.encodeFunctionData("initialize", args);
  const proxy = await deployArtifact(readArtifact(PROXY), signer, [await implementation.getAddress(), data]);
  return at(await proxy.getAddress(), implementation.interface, signer);
}

/** Creation code too long for one contract, stored as the code of two. Returns (address, size) twice. */
async function splitCode(signer: Signer, creation: string): Promise<(string | number)[]> {
  const code = creation.slice(2);
  const half = Math.floor(code.length / 4) * 2;
  const stored: (string | number)[] = [];
  for (const part of [code.slice(0, half), code.slice(half)]) {
    const holder = await new ContractFactory([], CODE_HOLDER + part, signer).deploy();
    await holder.waitForDeployment();
    stored.push(await holder.getAddress(), part.length / 2);
  }
  return stored;
}

/** Puts runtime code at an address, as only a test chain can. */
export type PlaceCode = (address: string, code: string) => Promise<unknown>;
/** Where the facet that adds liquidity is placed. */
const LIQUIDITY_FACET = "0x00000000000000000000000000000000000addF1".toLowerCase();

/**
 * @param placeCode Gives the router its facet of liquidity as well. The package's build of it is 169 bytes longer than a
 * deployment may be (mainnet runs another build of the source), so its runtime code, which has no immutables, is placed.
 */
async function deployRouter(signer: Signer, placeCode: PlaceCode | undefined): Promise<Contract> {
  const storage = await deployArtifact(core("router/ActionStorageV4"), signer);
  const router = await deployArtifact(core("router/PendleRouterV4"), signer, [
    await signer.getAddress(),
    await storage.getAddress(),
  ]);
  const address = await router.getAddress();
  const facets = [];
  for (const [path, methods] of [
    ["router/ActionSwapPTV3", ["swapExactTokenForPt", "swapExactPtForToken"]],
    ["router/ActionSimple", ["swapExactTokenForPtSimple", "addLiquiditySingleTokenSimple"]],
    ["router/ActionCallbackV3", ["swapCallback", "limitRouterCallback"]],
  ] as const) {
    const facet = await deployArtifact(core(path), signer);
    const selectors = methods.map((method) => z.string().parse(facet.interface.getFunction(method)?.selector));
    facets.push({ facet: await facet.getAddress(), selectors });
  }
  if (placeCode !== undefined) {
    const { deployedBytecode, abi } = core("router/ActionAddRemoveLiqV3");
    await placeCode(LIQUIDITY_FACET, z.string().parse(deployedBytecode));
    const selector = z
      .string()
      .parse(at(address, abi, signer).interface.getFunction("addLiquiditySingleToken")?.selector);
    facets.push({ facet: LIQUIDITY_FACET, selectors: [selector] });
  }
  await send(at(address, core("router/ActionStorageV4").abi, signer), "setSelectorToFacets", facets);
  return at(address, core("router/ActionSwapPTV3").abi, signer);
}

/**
 * Deploys a wstETH market that matures in `days` days, at about 3.5 % a year, with `depth` wstETH as SY and about as much PT.
 * `signer` must hold two and a quarter times that much wstETH. The router adds liquidity where `placeCode` is given. The oracle is ready for 900 seconds once 15 minutes have passed.
 */
export async function deployPendle(
  signer: Signer,
  weth: string,
  wstEth: Contract,
  now: number,
  days: number,
  depth: bigint,
  placeCode?: PlaceCode,
): Promise<PendleDeployment> {
  const owner = await signer.getAddress();
  const wstEthAddress = await wstEth.getAddress();
  const pendle = await deployWeth(signer);
  const gaugeImpl = await deployArtifact(core("LiquidityMining/GaugeController/PendleGaugeControllerUpg"), signer, [
    await pendle.getAddress(),
  ]);
  const gauge = await proxied(signer, gaugeImpl, [owner]);
  const ytCode = await splitCode(signer, core("core/YieldContracts/PendleYieldToken").bytecode);
  const yieldFactory = await proxied(
    signer,
    await deployArtifact(core("core/YieldContracts/PendleYieldContractFactoryUpg"), signer, ytCode),
    // Expiries on whole days; 3 % of the yield to the treasury, as on mainnet when the package was published.
    [DAY, (WAD * 3n) / 100n, (WAD * 3n) / 100n, owner, owner],
  );
  const oracleLib = await deployArtifact(core("core/Market/OracleLib"), signer);
  const libraries = new Map([["OracleLib", await oracleLib.getAddress()]]);
  const marketCode = await splitCode(signer, link(core("core/Market/PendleMarketV7"), libraries));
  const marketFactory = await proxied(
    signer,
    await deployArtifact(core("core/Market/PendleMarketFactoryV7Upg"), signer, [
      await yieldFactory.getAddress(),
      ...marketCode,
      await gauge.getAddress(),
    ]),
    [owner, owner, 80],
  );
  const sy = await deployArtifact(readArtifact(WSTETH_SY), signer, ["SY wstETH", "SY-wstETH", weth, wstEthAddress]);
  const syAddress = await sy.getAddress();
  const expiry = Math.ceil((now + days * DAY) / DAY) * DAY;
  await send(yieldFactory, "createYieldContract", syAddress, expiry, true);
  const ptAddress = await readAddress(yieldFactory, "getPT", syAddress, expiry);
  const ytAddress = await readAddress(yieldFactory, "getYT", syAddress, expiry);
  // Scalar root, anchor and fee root (ln 1.0005) in the manner of a market of an LST.
  const terms = [ptAddress, 75n * WAD, (WAD * 1_035n) / 1_000n, 499_875_041_000_000n];
  const marketAddress = await readAddress(marketFactory, "createNewMarket", ...terms);
  await send(marketFactory, "createNewMarket", ...terms);
  const market = at(marketAddress, core("core/Market/PendleMarketV7").abi, signer);
  const pt = at(ptAddress, core("core/YieldContracts/PendlePrincipalToken").abi, signer);
  const yt = at(ytAddress, core("core/YieldContracts/PendleYieldToken").abi, signer);

  // A quarter more stays with the signer, who buys PT with it to move the rate.
  const deposited = 2n * depth + depth / 4n;
  await send(wstEth, "approve", syAddress, deposited);
  await send(sy, "deposit", owner, wstEthAddress, deposited, 0n);
  await send(sy, "transfer", ytAddress, depth);
  await send(yt, "mintPY", owner, owner);
  await send(sy, "transfer", marketAddress, depth);
  const minted = z.bigint().parse(await pt.getFunction("balanceOf").staticCall(owner));
  // A fifth stays with the signer, who sells it to move the rate.
  await send(pt, "transfer", marketAddress, (minted * 4n) / 5n);
  await send(market, "mint", owner, depth, (minted * 4n) / 5n);
  await send(market, "increaseObservationsCardinalityNext", 100);

  const oracleImpl = await deployArtifact(core("oracles/PtYtLpOracle/PendlePYLpOracle"), signer);
  const oracle = await proxied(signer, oracleImpl, [11_000, owner]);
  const router = await deployRouter(signer, placeCode);
  return {
    sy,
    pt,
    yt,
    market,
    router,
    oracle,
    gauge,
    reward: pendle,
    expiry,
    addresses: {
      sy: syAddress,
      pt: ptAddress,
      yt: ytAddress,
      market: marketAddress,
      router: await router.getAddress(),
      oracle: await oracle.getAddress(),
    },
  };
}

/** The signer buys `amount` PT from the market with SY of its own, which cost less than PT; what is too much goes to the treasury. */
export async function buyPt(pendle: PendleDeployment, signer: Signer, amount: bigint): Promise<void> {
  const to = await signer.getAddress();
  const market = at(pendle.addresses.market, pendle.market.interface, signer);
  await send(at(pendle.addresses.sy, pendle.sy.interface, signer), "transfer", pendle.addresses.market, amount);
  await send(market, "swapSyForExactPt", to, amount, "0x");
  await send(market, "skim");
}

/** The signer splits `amount` of its SY into PT and YT. */
export async function mintPt(pendle: PendleDeployment, signer: Signer, amount: bigint): Promise<void> {
  const to = await signer.getAddress();
  await send(at(pendle.addresses.sy, pendle.sy.interface, signer), "transfer", pendle.addresses.yt, amount);
  await send(at(pendle.addresses.yt, pendle.yt.interface, signer), "mintPY", to, to);
}

/** The signer sells PT of its own into the market for SY. */
export async function sellPt(pendle: PendleDeployment, signer: Signer, amount: bigint): Promise<void> {
  const to = await signer.getAddress();
  await send(at(pendle.addresses.pt, pendle.pt.interface, signer), "transfer", pendle.addresses.market, amount);
  await send(at(pendle.addresses.market, pendle.market.interface, signer), "swapExactPtForSy", to, amount, "0x");
}
