/**
 * The genuine Uniswap v4 of npm: PoolManager and PoolSwapTest of `@uniswap/v4-core` 1.0.2, PositionManager and StateView of
 * `@uniswap/v4-periphery` 1.0.3, and Permit2, whose runtime the periphery carries inside its deployment helper. PoolSwapTest
 * is the package's own test router; it stands for whoever trades. Left out: the descriptor that draws an NFT's picture.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  AbiCoder,
  type Contract,
  ContractFactory,
  type ContractTransactionResponse,
  keccak256,
  type Signer,
  ZeroAddress,
} from "ethers";
import { z } from "zod";
import { type Artifact, at, deployArtifact, parseArtifact, send } from "./artifact.ts";
import { GenuineArtifactError } from "./errors.ts";

const require = createRequire(import.meta.url);
const forge = z.object({ abi: z.array(z.unknown()), bytecode: z.object({ object: z.string() }) });

/** First bytes of Permit2's runtime: where it starts inside the helper's code. */
const PERMIT2_START = "604060808152600490813610156100155760";
const PERMIT2_BYTES = 9_152;

/** Forge keeps the code one level deeper than Hardhat. */
function readForge(modulePath: string): Artifact {
  const parsed = forge.safeParse(JSON.parse(readFileSync(require.resolve(modulePath), "utf8")));
  if (!parsed.success) throw new GenuineArtifactError(modulePath, parsed.error.message);
  return parseArtifact(modulePath, { abi: parsed.data.abi, bytecode: parsed.data.bytecode.object });
}
const core = (name: string): Artifact => readForge(`@uniswap/v4-core/out/${name}.sol/${name}.json`);
const periphery = (name: string): Artifact => readForge(`@uniswap/v4-periphery/foundry-out/${name}.sol/${name}.json`);

const permit2Abi: Artifact["abi"] = [
  "function approve(address token, address spender, uint160 amount, uint48 expiration)",
  "function allowance(address owner, address token, address spender) view returns (uint160 amount, uint48 expiration, uint48 nonce)",
];

/** Deploys Permit2's runtime behind the shortest constructor that returns it. */
async function deployPermit2(signer: Signer): Promise<Contract> {
  const helper = readForge("@uniswap/v4-periphery/foundry-out/DeployPermit2.sol/DeployPermit2.json").bytecode;
  const from = helper.indexOf(PERMIT2_START);
  if (from < 0) throw new GenuineArtifactError("Permit2", "its code is not where the package used to carry it");
  const runtime = helper.slice(from, from + 2 * PERMIT2_BYTES);
  // PUSH2 length, DUP1, PUSH1 offset (12), PUSH1 0, CODECOPY, PUSH1 0, RETURN.
  const creation = `0x61${PERMIT2_BYTES.toString(16).padStart(4, "0")}80600c6000396000f3${runtime}`;
  const deployed = await new ContractFactory(permit2Abi, creation, signer).deploy();
  await deployed.waitForDeployment();
  return at(await deployed.getAddress(), permit2Abi, signer);
}

export interface V4Key {
  readonly currency0: string;
  readonly currency1: string;
  readonly fee: number;
  readonly tickSpacing: number;
  readonly hooks: string;
}

export interface UniswapV4Deployment {
  readonly poolManager: Contract;
  readonly positionManager: Contract;
  readonly stateView: Contract;
  readonly permit2: Contract;
  readonly router: Contract;
  readonly addresses: Readonly<Record<"poolManager" | "positionManager" | "stateView" | "permit2" | "router", string>>;
}

export async function deployUniswapV4(signer: Signer, weth: string): Promise<UniswapV4Deployment> {
  const poolManager = await deployArtifact(core("PoolManager"), signer, [await signer.getAddress()]);
  const manager = await poolManager.getAddress();
  const permit2 = await deployPermit2(signer);
  const permit2Address = await permit2.getAddress();
  const positionManager = await deployArtifact(periphery("PositionManager"), signer, [
    manager,
    permit2Address,
    // Gas for a subscriber's farewell, as on mainnet.
    300_000n,
    ZeroAddress,
    weth,
  ]);
  const stateView = await deployArtifact(periphery("StateView"), signer, [manager]);
  const router = await deployArtifact(core("PoolSwapTest"), signer, [manager]);
  return {
    poolManager,
    positionManager,
    stateView,
    permit2,
    router,
    addresses: {
      poolManager: manager,
      positionManager: await positionManager.getAddress(),
      stateView: await stateView.getAddress(),
      permit2: permit2Address,
      router: await router.getAddress(),
    },
  };
}

/** One of the package's own test routers, which stand for whoever adds liquidity or donates. */
export const deployV4Tester = async (
  name: "PoolModifyLiquidityTestNoChecks" | "PoolDonateTest",
  signer: Signer,
  { addresses }: UniswapV4Deployment,
): Promise<Contract> => deployArtifact(core(name), signer, [addresses.poolManager]);

const coder = AbiCoder.defaultAbiCoder();
const KEY = "tuple(address,address,uint24,int24,address)";
const fieldsOf = (key: V4Key) => [key.currency0, key.currency1, key.fee, key.tickSpacing, key.hooks];

export const poolIdOf = (key: V4Key): string => keccak256(coder.encode([KEY], [fieldsOf(key)]));

/** Mints a range position of `signer` with ether; wstETH must have been approved to Permit2, and there to the manager. */
export async function mintV4(
  uniswap: UniswapV4Deployment,
  signer: Signer,
  key: V4Key,
  [lower, upper]: readonly [number, number],
  liquidity: bigint,
  maximum: bigint,
): Promise<void> {
  const owner = await signer.getAddress();
  const params = [
    coder.encode(
      [KEY, "int24", "int24", "uint256", "uint128", "uint128", "address", "bytes"],
      [fieldsOf(key), lower, upper, liquidity, maximum, maximum, owner, "0x"],
    ),
    coder.encode(["address", "address"], [key.currency0, key.currency1]),
    coder.encode(["address", "address"], [ZeroAddress, owner]),
  ];
  // MINT_POSITION, SETTLE_PAIR, SWEEP.
  const unlock = coder.encode(["bytes", "bytes[]"], ["0x020d14", params]);
  const manager = at(uniswap.addresses.positionManager, uniswap.positionManager.interface, signer);
  await send(manager, "modifyLiquidities", unlock, 2n ** 40n, { value: maximum });
}

/** Swaps until `amountIn` is used or the price reaches `limit`; `signer` must have approved the router. */
export async function swapV4(
  uniswap: UniswapV4Deployment,
  signer: Signer,
  key: V4Key,
  zeroForOne: boolean,
  amountIn: bigint,
  limit: bigint,
): Promise<ContractTransactionResponse> {
  const router = at(uniswap.addresses.router, uniswap.router.interface, signer);
  // takeClaims, settleUsingBurn: neither; plain tokens on both sides.
  return router
    .getFunction("swap")
    .send(fieldsOf(key), [zeroForOne, -amountIn, limit], [false, false], "0x", { value: zeroForOne ? amountIn : 0n });
}
