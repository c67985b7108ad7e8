/** What the range strategies need of a Uniswap v3 pool and of v4's StateView. */
import { UniswapV3Adapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/UniswapV3Adapter__factory.ts";
import { UniswapV4Adapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/UniswapV4Adapter__factory.ts";
import { IWstETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/IWstETH__factory.ts";
import { IUniswapV3Pool__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/uniswap/IUniswapV3.sol/IUniswapV3Pool__factory.ts";
import { IV4StateView__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/uniswap/IUniswapV4.sol/IV4StateView__factory.ts";
import { addr, int, text } from "../chain/fields.ts";
import { type ViewCall, view, viewUint } from "../chain/multicall.ts";
import { type Address, address } from "../kernel/units.ts";
import type { RangeVenue } from "./protocol.ts";
import { MissingTargetError } from "./targets.ts";

const v3Adapter = UniswapV3Adapter__factory.createInterface();
const v4Adapter = UniswapV4Adapter__factory.createInterface();
const wstEth = IWstETH__factory.createInterface();
const pool = IUniswapV3Pool__factory.createInterface();
const stateView = IV4StateView__factory.createInterface();

function handleAt(protocol: string, handles: readonly string[], index: number): string {
  const handle = handles[index];
  if (handle === undefined) throw new MissingTargetError(protocol, index);
  return handle;
}
const contractAt = (protocol: string, handles: readonly string[], index: number): Address =>
  address(handleAt(protocol, handles, index));
const stakingRate =
  (protocol: string) =>
  (handles: readonly string[]): ViewCall<bigint> =>
    viewUint(wstEth, contractAt(protocol, handles, 0), "stEthPerToken");

export const rangeV3: RangeVenue = {
  handles: (adapter) =>
    ["lst", "pool"].map((name) => view(v3Adapter, adapter, name, [], (row): string => addr(row, 0))),
  ownLiquidity: (adapter) => viewUint(v3Adapter, adapter, "liquidity"),
  stakingRate: stakingRate("uniswap-v3"),
  sqrtPrice: (handles) => viewUint(pool, contractAt("uniswap-v3", handles, 1), "slot0"),
  liquidity: (handles) => viewUint(pool, contractAt("uniswap-v3", handles, 1), "liquidity"),
  fee: (handles) => view(pool, contractAt("uniswap-v3", handles, 1), "fee", [], (row) => int(row, 0)),
  assetIsToken0: (handles, asset) =>
    view(pool, contractAt("uniswap-v3", handles, 1), "token0", [], (row) => BigInt(addr(row, 0)) === BigInt(asset)),
};

/** Ether is the lowest currency of every v4 pool it is in. */
export const rangeV4: RangeVenue = {
  handles: (adapter) => [
    ...["lst", "stateView"].map((name) => view(v4Adapter, adapter, name, [], (row): string => addr(row, 0))),
    view(v4Adapter, adapter, "poolId", [], (row) => text(row, 0)),
  ],
  ownLiquidity: (adapter) => viewUint(v4Adapter, adapter, "liquidity"),
  stakingRate: stakingRate("uniswap-v4"),
  sqrtPrice: (handles) => slot(handles, (row) => row),
  liquidity: (handles) =>
    viewUint(stateView, contractAt("uniswap-v4", handles, 1), "getLiquidity", [handleAt("uniswap-v4", handles, 2)]),
  fee: (handles) =>
    view(stateView, contractAt("uniswap-v4", handles, 1), "getSlot0", [handleAt("uniswap-v4", handles, 2)], (row) =>
      int(row, "lpFee"),
    ),
  assetIsToken0: (handles) => slot(handles, () => true),
};

function slot<T>(handles: readonly string[], read: (sqrtPrice: bigint) => T): ViewCall<T> {
  const call = viewUint(stateView, contractAt("uniswap-v4", handles, 1), "getSlot0", [
    handleAt("uniswap-v4", handles, 2),
  ]);
  return { ...call, decode: (data) => read(call.decode(data)) };
}
