/**
 * The genuine Uniswap v3 of npm: factory and pool of `@uniswap/v3-core` 1.0.1, NonfungiblePositionManager and SwapRouter of
 * `@uniswap/v3-periphery` 1.4.4, as published. Left out: the descriptor that draws an NFT's picture.
 */
import { type Contract, type Signer, ZeroAddress } from "ethers";
import { z } from "zod";
import { type Artifact, at, deployArtifact, readAddress, readArtifact, send } from "./artifact.ts";

const core = (name: string): Artifact => readArtifact(`@uniswap/v3-core/artifacts/contracts/${name}.sol/${name}.json`);
const periphery = (name: string): Artifact =>
  readArtifact(`@uniswap/v3-periphery/artifacts/contracts/${name}.sol/${name}.json`);

/** No price limit of the signer's own: blocks of the in-process network come one per transaction. */
const NO_DEADLINE = 2n ** 40n;

export interface UniswapV3Deployment {
  readonly factory: Contract;
  readonly positionManager: Contract;
  readonly router: Contract;
  readonly addresses: Readonly<Record<"factory" | "positionManager" | "router", string>>;
}

/** Deploys factory, position manager and router, with the 1 bp fee tier that governance enabled on mainnet. */
export async function deployUniswapV3(signer: Signer, weth: string): Promise<UniswapV3Deployment> {
  const factory = await deployArtifact(core("UniswapV3Factory"), signer);
  const factoryAddress = await factory.getAddress();
  await send(factory, "enableFeeAmount", 100, 1);
  const positionManager = await deployArtifact(periphery("NonfungiblePositionManager"), signer, [
    factoryAddress,
    weth,
    ZeroAddress,
  ]);
  const router = await deployArtifact(periphery("SwapRouter"), signer, [factoryAddress, weth]);
  return {
    factory,
    positionManager,
    router,
    addresses: {
      factory: factoryAddress,
      positionManager: await positionManager.getAddress(),
      router: await router.getAddress(),
    },
  };
}

/** Creates a pool at a price (Q64.96 square root). */
export async function createPool(
  uniswap: UniswapV3Deployment,
  signer: Signer,
  tokens: readonly [string, string],
  fee: number,
  sqrtPrice: bigint,
): Promise<Contract> {
  await send(uniswap.positionManager, "createAndInitializePoolIfNecessary", tokens[0], tokens[1], fee, sqrtPrice);
  return at(
    await readAddress(uniswap.factory, "getPool", tokens[0], tokens[1], fee),
    core("UniswapV3Pool").abi,
    signer,
  );
}

/** Mints a range position of `signer`, who must have approved the position manager. */
export async function mintRange(
  uniswap: UniswapV3Deployment,
  signer: Signer,
  pool: Contract,
  [tickLower, tickUpper]: readonly [number, number],
  [amount0Desired, amount1Desired]: readonly [bigint, bigint],
): Promise<void> {
  await send(at(uniswap.addresses.positionManager, uniswap.positionManager.interface, signer), "mint", {
    token0: await readAddress(pool, "token0"),
    token1: await readAddress(pool, "token1"),
    fee: await pool.getFunction("fee").staticCall(),
    tickLower,
    tickUpper,
    amount0Desired,
    amount1Desired,
    amount0Min: 0n,
    amount1Min: 0n,
    recipient: await signer.getAddress(),
    deadline: NO_DEADLINE,
  });
}

/** Swaps through the router until `amountIn` is used or the price reaches `limit`; `signer` must have approved it. */
export async function swapTo(
  uniswap: UniswapV3Deployment,
  signer: Signer,
  pool: Contract,
  zeroForOne: boolean,
  amountIn: bigint,
  limit = 0n,
): Promise<void> {
  const [token0, token1] = [await readAddress(pool, "token0"), await readAddress(pool, "token1")];
  await send(at(uniswap.addresses.router, uniswap.router.interface, signer), "exactInputSingle", {
    tokenIn: zeroForOne ? token0 : token1,
    tokenOut: zeroForOne ? token1 : token0,
    fee: await pool.getFunction("fee").staticCall(),
    recipient: await signer.getAddress(),
    deadline: NO_DEADLINE,
    amountIn,
    amountOutMinimum: 0n,
    sqrtPriceLimitX96: limit,
  });
}

/** Price (Q64.96 square root) and tick of a pool. */
export async function poolPrice(pool: Contract): Promise<{ sqrtPrice: bigint; tick: number }> {
  const slot = await pool.getFunction("slot0").staticCall();
  const [sqrtPrice, tick] = z.tuple([z.bigint(), z.bigint()]).parse([slot[0], slot[1]]);
  return { sqrtPrice, tick: Number(tick) };
}
