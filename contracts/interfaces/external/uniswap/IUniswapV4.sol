// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title PoolKey
/// @notice Source: `src/types/PoolKey.sol` of github.com/Uniswap/v4-core. Ether is the zero address and thus
/// currency0.
struct PoolKey {
    address currency0;
    address currency1;
    uint24 fee;
    int24 tickSpacing;
    address hooks;
}

/// @title IV4PoolManager
/// @notice Source: `src/interfaces/IPoolManager.sol` of github.com/Uniswap/v4-core. Its own types (Currency, IHooks,
/// BalanceDelta) are written as what they are encoded as.
interface IV4PoolManager {
    /// @param amountSpecified Negative: exactly so much goes in.
    struct SwapParams {
        bool zeroForOne;
        int256 amountSpecified;
        uint160 sqrtPriceLimitX96;
    }

    /// @notice Calls `unlockCallback` on the caller; everything owed must be settled when it returns.
    function unlock(bytes calldata data) external returns (bytes memory);

    /// @return delta amount0 in the upper 128 bits, amount1 in the lower; negative is owed to the pool.
    function swap(
        PoolKey memory key,
        SwapParams memory params,
        bytes calldata hookData
    ) external returns (int256 delta);
    function sync(address currency) external;
    function settle() external payable returns (uint256 paid);
    function take(address currency, address to, uint256 amount) external;
}

/// @title IV4UnlockCallback
/// @notice Source: `src/interfaces/callback/IUnlockCallback.sol` of github.com/Uniswap/v4-core.
interface IV4UnlockCallback {
    function unlockCallback(bytes calldata data) external returns (bytes memory);
}

/// @title IV4PositionManager
/// @notice Source: `src/interfaces/IPositionManager.sol` of github.com/Uniswap/v4-periphery.
interface IV4PositionManager {
    function poolManager() external view returns (address);
    function permit2() external view returns (address);
    function nextTokenId() external view returns (uint256);

    /// @param unlockData abi.encode(bytes actions, bytes[] params), one byte and one entry per action.
    function modifyLiquidities(bytes calldata unlockData, uint256 deadline) external payable;
}

/// @title IV4StateView
/// @notice Source: `src/interfaces/IStateView.sol` of github.com/Uniswap/v4-periphery.
interface IV4StateView {
    function poolManager() external view returns (address);

    /// @param protocolFee Two fees of 12 bits: of token0 for token1 in the lower, the other way in the upper.
    function getSlot0(
        bytes32 poolId
    ) external view returns (uint160 sqrtPriceX96, int24 tick, uint24 protocolFee, uint24 lpFee);
    function getLiquidity(bytes32 poolId) external view returns (uint128);
    function getTickLiquidity(
        bytes32 poolId,
        int24 tick
    ) external view returns (uint128 liquidityGross, int128 liquidityNet);
    function getFeeGrowthGlobals(
        bytes32 poolId
    ) external view returns (uint256 feeGrowthGlobal0X128, uint256 feeGrowthGlobal1X128);
    function getFeeGrowthInside(
        bytes32 poolId,
        int24 tickLower,
        int24 tickUpper
    ) external view returns (uint256 feeGrowthInside0X128, uint256 feeGrowthInside1X128);
    function getPositionInfo(
        bytes32 poolId,
        address owner,
        int24 tickLower,
        int24 tickUpper,
        bytes32 salt
    ) external view returns (uint128 liquidity, uint256 feeGrowthInside0LastX128, uint256 feeGrowthInside1LastX128);
}

/// @title IPermit2
/// @notice Source: `src/interfaces/IAllowanceTransfer.sol` of github.com/Uniswap/permit2.
interface IPermit2 {
    function approve(address token, address spender, uint160 amount, uint48 expiration) external;
    function allowance(
        address owner,
        address token,
        address spender
    ) external view returns (uint160 amount, uint48 expiration, uint48 nonce);
}
