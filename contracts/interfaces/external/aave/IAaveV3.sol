// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A reserve as `getReserveData` returns it. Source: `DataTypes.ReserveData` of npm @aave/core-v3 1.19.3; Aave
/// 3.1 and later return the same layout as `ReserveDataLegacy`.
/// @param configuration Bit map, see `ReserveConfiguration.sol` of the same package.
/// @param liquidityIndex Cumulative supply index at the last update, ray.
/// @param variableBorrowIndex Cumulative borrow index at the last update, ray.
/// @param accruedToTreasury Scaled supply owed to the treasury and not minted yet.
struct AaveReserveData {
    uint256 configuration;
    uint128 liquidityIndex;
    uint128 currentLiquidityRate;
    uint128 variableBorrowIndex;
    uint128 currentVariableBorrowRate;
    uint128 currentStableBorrowRate;
    uint40 lastUpdateTimestamp;
    uint16 id;
    address aTokenAddress;
    address stableDebtTokenAddress;
    address variableDebtTokenAddress;
    address interestRateStrategyAddress;
    uint128 accruedToTreasury;
    uint128 unbacked;
    uint128 isolationModeTotalDebt;
}

/// @title IAaveV3Pool
/// @notice Source: `contracts/interfaces/IPool.sol` of npm @aave/core-v3 1.19.3; what came later, of aave-v3-origin
/// 3.6.0, which keeps the rest.
interface IAaveV3Pool {
    function supply(address asset, uint256 amount, address onBehalfOf, uint16 referralCode) external;
    function withdraw(address asset, uint256 amount, address to) external returns (uint256);
    function getReserveData(address asset) external view returns (AaveReserveData memory);
    function getReserveNormalizedIncome(address asset) external view returns (uint256 ray);
    function getReserveNormalizedVariableDebt(address asset) external view returns (uint256 ray);

    /// @notice Aave 3.1 and later only; reverts on 3.0.
    function getVirtualUnderlyingBalance(address asset) external view returns (uint128);

    /// @notice Bad debt written off and not covered yet, asset units. Aave 3.3 and later only; reverts before.
    function getReserveDeficit(address asset) external view returns (uint256);
}

/// @title IAaveV3Token
/// @notice An aToken or debt token. Source: `IAToken.sol`, `IScaledBalanceToken.sol` of npm @aave/core-v3 1.19.3.
interface IAaveV3Token {
    function scaledBalanceOf(address account) external view returns (uint256);
    function scaledTotalSupply() external view returns (uint256);
    function UNDERLYING_ASSET_ADDRESS() external view returns (address);
    function POOL() external view returns (address);
}
