// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IWETH9} from "../../../contracts/interfaces/external/weth/IWETH9.sol";
import {OwnedDouble} from "../OwnedDouble.sol";

/// @title PufferVaultDouble
/// @notice Double of Puffer's pufETH, NOT the protocol. Follows `mainnet-contracts/src/PufferVaultV5.sol` of
/// github.com/PufferFinance/puffer-contracts: `restricted` entries and exits under OpenZeppelin's AccessManager, instant
/// exits with a fee from what lies here, no instant exit in a transaction that deposited, ether locked in validators as a
/// number that an oracle reports.
/// @dev Left out: stETH, Lido, rewards, treasury.
///
/// Market side (owner): `setRate` (exact) and `setLockedEth` move the reported number, `setExitFeeBasisPoints`; pauses
/// are the AccessManager's.
contract PufferVaultDouble is ERC4626, AccessManaged, OwnedDouble {
    error DepositAndWithdrawalForbidden();
    error ETHTransferFailed();

    event TransferredETH(address indexed to, uint256 amount);

    uint256 private constant BASIS_POINTS = 10_000;

    uint256 public lockedEth;
    uint256 public getTotalExitFeeBasisPoints = 100;
    bool private transient _hasDeposited;

    constructor(
        IERC20 weth,
        address authority_
    ) ERC4626(weth) ERC20("pufETH (double)", "pufETH") AccessManaged(authority_) {}

    modifier markDeposit() {
        _hasDeposited = true;
        _;
    }

    modifier revertIfDeposited() {
        require(!_hasDeposited, DepositAndWithdrawalForbidden());
        _;
    }

    receive() external payable {}

    // MARKET

    function setLockedEth(uint256 amount) external onlyOwner {
        lockedEth = amount;
    }

    /// @notice One share is worth exactly `rateWad` afterwards, given at least 1e18 shares.
    function setRate(uint256 rateWad) external onlyOwner {
        uint256 held = totalAssets() - lockedEth;
        lockedEth = Math.mulDiv(totalSupply() + 1, rateWad, 1e18, Math.Rounding.Ceil) - 1 - held;
    }

    function setExitFeeBasisPoints(uint256 fee) external onlyOwner {
        getTotalExitFeeBasisPoints = fee;
    }

    // HOLDER

    function deposit(uint256 assets, address receiver) public override markDeposit restricted returns (uint256) {
        return super.deposit(assets, receiver);
    }

    function mint(uint256 shares, address receiver) public override markDeposit restricted returns (uint256) {
        return super.mint(shares, receiver);
    }

    function withdraw(
        uint256 assets,
        address receiver,
        address owner_
    ) public override revertIfDeposited restricted returns (uint256) {
        return super.withdraw(assets, receiver, owner_);
    }

    function redeem(
        uint256 shares,
        address receiver,
        address owner_
    ) public override revertIfDeposited restricted returns (uint256) {
        return super.redeem(shares, receiver, owner_);
    }

    // WITHDRAWAL MANAGER

    function transferETH(address to, uint256 amount) external restricted {
        if (address(this).balance < amount) IWETH9(asset()).withdraw(amount - address(this).balance);
        (bool sent, ) = to.call{value: amount}("");
        require(sent, ETHTransferFailed());
        emit TransferredETH(to, amount);
    }

    function burn(uint256 shares) external restricted {
        _burn(msg.sender, shares);
    }

    // VIEWS

    function totalAssets() public view override returns (uint256) {
        return super.totalAssets() + address(this).balance + lockedEth;
    }

    function previewRedeem(uint256 shares) public view override returns (uint256) {
        uint256 assets = super.previewRedeem(shares);
        return assets - Math.mulDiv(assets, getTotalExitFeeBasisPoints, BASIS_POINTS, Math.Rounding.Ceil);
    }

    function previewWithdraw(uint256 assets) public view override returns (uint256) {
        return super.previewWithdraw(Math.mulDiv(assets, BASIS_POINTS, BASIS_POINTS - getTotalExitFeeBasisPoints));
    }

    function maxWithdraw(address owner_) public view override returns (uint256) {
        return Math.min(previewRedeem(balanceOf(owner_)), super.totalAssets());
    }
}
