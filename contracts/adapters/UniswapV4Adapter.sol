// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    IPermit2,
    IV4PoolManager,
    IV4PositionManager,
    IV4StateView,
    IV4UnlockCallback,
    PoolKey
} from "../interfaces/external/uniswap/IUniswapV4.sol";
import {IWstETH} from "../interfaces/external/lido/ILido.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {ConcentratedAdapter} from "./ConcentratedAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title UniswapV4Adapter
/// @notice A concentrated ether/wstETH position in one Uniswap v4 pool, held as an NFT of the PositionManager. See
/// {ConcentratedAdapter} for entry, exit and value.
/// @dev A hook can take funds or block exits, so the only address accepted is zero: a pool without hooks. wstETH
/// reaches
/// the PositionManager through Permit2, both approvals for one call. The sale goes to the PoolManager itself, which is
/// paid in its callback. A v4 pool keeps no price history, and none is needed: the protocol's rate prices the
/// position.
contract UniswapV4Adapter is ConcentratedAdapter, IV4UnlockCallback {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    // From src/libraries/Actions.sol of v4-periphery.
    bytes1 private constant INCREASE_LIQUIDITY = 0x00;
    bytes1 private constant DECREASE_LIQUIDITY = 0x01;
    bytes1 private constant MINT_POSITION = 0x02;
    bytes1 private constant SETTLE_PAIR = 0x0d;
    bytes1 private constant TAKE_PAIR = 0x11;
    bytes1 private constant SWEEP = 0x14;
    address private constant ETHER = address(0);
    uint256 private constant Q128 = 1 << 128;
    uint256 private constant FEE_UNIT = 1e6;

    IV4PositionManager public immutable positionManager;
    IV4PoolManager public immutable poolManager;
    IV4StateView public immutable stateView;
    IPermit2 public immutable permit2;
    /// @notice keccak256 of the pool's key.
    bytes32 public immutable poolId;
    uint24 private immutable lpFee;

    constructor(
        address vault_,
        address weth_,
        address positionManager_,
        address stateView_,
        address wstEth_,
        uint24 fee_,
        int24 tickSpacing_,
        address hooks_,
        int24 tickLower_,
        int24 tickUpper_,
        uint256 bandBps_
    ) AdapterBase(vault_, weth_) ConcentratedAdapter(IWstETH(wstEth_), true, tickSpacing_, fee_, bandBps_) {
        require(hooks_ == address(0), Errors.Adapter_HookNotAllowed(hooks_));
        _requireCode(positionManager_);
        _requireCode(stateView_);
        positionManager = IV4PositionManager(positionManager_);
        stateView = IV4StateView(stateView_);
        poolManager = IV4PoolManager(IV4PositionManager(positionManager_).poolManager());
        permit2 = IPermit2(IV4PositionManager(positionManager_).permit2());
        lpFee = fee_;
        poolId = keccak256(abi.encode(_key()));
        _requirePool();
        _setRange(tickLower_, tickUpper_);
    }

    /// @inheritdoc IV4UnlockCallback
    /// @dev The PoolManager calls back only whoever called `unlock`; this contract does so only to sell wstETH.
    function unlockCallback(bytes calldata data) external returns (bytes memory) {
        require(msg.sender == address(poolManager), Errors.Adapter_UnexpectedCallback(msg.sender));
        (uint256 lstAmount, uint160 limit) = abi.decode(data, (uint256, uint160));
        int256 delta = poolManager.swap(_key(), IV4PoolManager.SwapParams(false, -lstAmount.toInt256(), limit), "");
        // Upper half: ether received, not below zero. Lower half, sign-extended: wstETH owed, not above zero. The other
        // sign would be an amount that nobody has.
        int128 received = int128(delta >> 128);
        int128 owed = int128(delta);
        poolManager.sync(address(lst));
        IERC20(address(lst)).safeTransfer(address(poolManager), uint256(-int256(owed)));
        poolManager.settle();
        poolManager.take(ETHER, address(this), uint256(int256(received)));
        return "";
    }

    /// @dev The position manager, the reader and the key mean one pool, and it has a price.
    function _requirePool() private view {
        _requireCode(address(poolManager));
        _requireCode(address(permit2));
        _requireSame(address(stateView), address(poolManager), stateView.poolManager());
        (uint160 price, , ) = _poolState();
        require(price != 0, Errors.Adapter_BadTarget(address(poolManager)));
    }

    function _key() private view returns (PoolKey memory) {
        return PoolKey(ETHER, address(lst), lpFee, tickSpacing, address(0));
    }

    function _paysEther(address from) internal view override returns (bool) {
        return from == address(poolManager) || from == address(positionManager);
    }

    function _poolState() internal view override returns (uint160 price, int24 tick, uint128 active) {
        (price, tick, , ) = stateView.getSlot0(poolId);
        active = stateView.getLiquidity(poolId);
    }

    function _liquidityNet(int24 tick) internal view override returns (int128 net) {
        (, net) = stateView.getTickLiquidity(poolId, tick);
    }

    /// @dev The protocol's fee may be turned on at any time, comes first, and rounds the sum up.
    function _swapFee() internal view override returns (uint256) {
        (, , uint24 protocolFee, ) = stateView.getSlot0(poolId);
        uint256 first = protocolFee >> 12;
        return first + Math.mulDiv(lpFee, FEE_UNIT - first, FEE_UNIT, Math.Rounding.Ceil);
    }

    function _fees() internal view override returns (uint256 fee0, uint256 fee1) {
        (uint128 held, uint256 last0, uint256 last1) = stateView.getPositionInfo(
            poolId,
            address(positionManager),
            tickLower,
            tickUpper,
            bytes32(tokenId)
        );
        (uint256 inside0, uint256 inside1) = stateView.getFeeGrowthInside(poolId, tickLower, tickUpper);
        // The pool's counters wrap around on purpose.
        unchecked {
            fee0 = Math.mulDiv(inside0 - last0, held, Q128);
            fee1 = Math.mulDiv(inside1 - last1, held, Q128);
        }
    }

    /// @dev `fits` is what the amounts pay for at the present price, so the maximum amounts are the amounts.
    function _addLiquidity(uint128 fits, uint256 eth, uint256 lstAmount) internal override returns (uint128) {
        bytes[] memory params = new bytes[](3);
        bytes1 first = INCREASE_LIQUIDITY;
        if (tokenId == 0) {
            first = MINT_POSITION;
            tokenId = positionManager.nextTokenId();
            params[0] = _mintParams(fits, eth.toUint128(), lstAmount.toUint128());
        } else {
            params[0] = abi.encode(tokenId, uint256(fits), eth.toUint128(), lstAmount.toUint128(), "");
        }
        params[1] = abi.encode(ETHER, address(lst));
        params[2] = abi.encode(ETHER, address(this));
        IERC20(address(lst)).forceApprove(address(permit2), lstAmount);
        permit2.approve(address(lst), address(positionManager), lstAmount.toUint160(), uint48(block.timestamp));
        _modify(abi.encodePacked(first, SETTLE_PAIR, SWEEP), params, eth);
        permit2.approve(address(lst), address(positionManager), 0, uint48(block.timestamp));
        IERC20(address(lst)).forceApprove(address(permit2), 0);
        return fits;
    }

    function _mintParams(uint128 fits, uint128 eth, uint128 lstAmount) private view returns (bytes memory) {
        return abi.encode(_key(), tickLower, tickUpper, uint256(fits), eth, lstAmount, address(this), "");
    }

    /// @dev No minimum amounts: burning at any pool price gives tokens worth at least what was counted.
    function _removeLiquidity(uint128 part) internal override {
        bytes[] memory params = new bytes[](2);
        params[0] = abi.encode(tokenId, uint256(part), uint128(0), uint128(0), "");
        params[1] = abi.encode(ETHER, address(lst), address(this));
        _modify(abi.encodePacked(DECREASE_LIQUIDITY, TAKE_PAIR), params, 0);
    }

    function _sellLst(uint256 lstAmount, uint160 limit) internal override {
        poolManager.unlock(abi.encode(lstAmount, limit));
    }

    function _modify(bytes memory actions, bytes[] memory params, uint256 eth) private {
        positionManager.modifyLiquidities{value: eth}(abi.encode(actions, params), block.timestamp);
    }
}
