// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {MockV3Aggregator} from "@chainlink/contracts/src/v0.8/shared/mocks/MockV3Aggregator.sol";
import {LiquidityVault} from "../../../contracts/LiquidityVault.sol";
import {OracleGuard} from "../../../contracts/OracleGuard.sol";
import {ProposalModule} from "../../../contracts/ProposalModule.sol";
import {RedeemQueue} from "../../../contracts/RedeemQueue.sol";
import {StrategyRegistry} from "../../../contracts/StrategyRegistry.sol";
import {Erc4626Adapter} from "../../../contracts/adapters/Erc4626Adapter.sol";
import {IProposalModule} from "../../../contracts/interfaces/IProposalModule.sol";
import {Roles} from "../../../contracts/libraries/Roles.sol";
import {Leg} from "../../../contracts/types/Proposal.sol";
import {OracleKind} from "../../../contracts/types/Strategy.sol";
import {AdapterDouble} from "../../doubles/AdapterDouble.sol";
import {ApproverDouble} from "../../doubles/ApproverDouble.sol";
import {RangeAdapterDouble} from "../../doubles/RangeAdapterDouble.sol";
import {VenueDouble} from "../../doubles/VenueDouble.sol";
import {WethDouble} from "../../doubles/WethDouble.sol";
import {CoreFixture} from "./CoreFixture.sol";

/// @notice Everything a handler may talk to.
/// @param adapters Doubles of strategies 1..4; index 0 is empty.
/// @param venue Stands behind strategy 5, a genuine Erc4626Adapter.
/// @param range Strategy 6, which has a range and pays rewards, where the suite has opened it.
struct Core {
    AccessManager manager;
    WethDouble weth;
    StrategyRegistry registry;
    OracleGuard guard;
    LiquidityVault vault;
    ProposalModule module;
    RedeemQueue queue;
    ApproverDouble approver;
    AdapterDouble[5] adapters;
    Erc4626Adapter genuine;
    VenueDouble venue;
    RangeAdapterDouble range;
    MockV3Aggregator tokenFeed;
    MockV3Aggregator rebasingFeed;
}

/// @notice The core with the genuine module, the genuine roles on their own accounts, and a fifth strategy that is a genuine
/// adapter. The owners of the Safe are an {ApproverDouble} that this contract signs for.
abstract contract ProofFixture is CoreFixture {
    address internal constant CURATOR = address(0xC0);
    address internal constant GUARDIAN = address(0x6A);
    address internal constant KEEPER = address(0xBE);
    uint8 internal constant GENUINE = 5;
    uint8 internal constant RANGE = 6;

    address internal constant FEES = address(0xFEE5);

    ProposalModule internal module;
    RedeemQueue internal queue;
    ApproverDouble internal approver;
    Erc4626Adapter internal genuine;
    VenueDouble internal venue;
    RangeAdapterDouble internal range;

    function setUp() public virtual override {
        super.setUp();
        venue = new VenueDouble(weth);
        genuine = new Erc4626Adapter(address(vault), address(weth), address(venue));
        registry.registerStrategy(address(genuine), 1);
        registry.setLimits(GENUINE, limits(1_000 ether, 1_000 ether, 5_000, 50));
        guard.setOracle(GENUINE, rateConfig(OracleKind.AssetDenominated));
        queue = new RedeemQueue(address(vault), 6 hours);
        vault.bindRedeemQueue(address(queue));
        openRoles();
    }

    function moduleToBind() internal override returns (address) {
        approver = new ApproverDouble();
        module = new ProposalModule(
            address(manager),
            address(vault),
            address(registry),
            address(guard),
            address(approver),
            false,
            policy()
        );
        return address(module);
    }

    function policy() internal pure virtual returns (IProposalModule.Policy memory) {
        return
            IProposalModule.Policy({
                cooldown: 1 hours,
                maxTtl: 4 hours,
                maxLossBps: 200,
                windowLossBps: 400,
                maxNavToleranceBps: 500
            });
    }

    function sharedCore() internal view returns (Core memory core) {
        core.manager = manager;
        core.weth = weth;
        core.registry = registry;
        core.guard = guard;
        core.vault = vault;
        core.module = module;
        core.queue = queue;
        core.approver = approver;
        core.adapters = adapters;
        core.genuine = genuine;
        core.venue = venue;
        core.range = range;
        core.tokenFeed = tokenFeed;
        core.rebasingFeed = rebasingFeed;
    }

    /// @dev Registers strategy 6: a range that proposals move and rewards that anyone fetches, priced by a market.
    function openRange() internal {
        range = new RangeAdapterDouble(address(vault), address(weth));
        vm.startPrank(CURATOR);
        registry.registerStrategy(address(range), 4);
        registry.setLimits(RANGE, limits(1_000 ether, 1_000 ether, 5_000, 50));
        guard.setOracle(RANGE, feedConfig(OracleKind.MarketOfUnderlying, address(rebasingFeed), 0.5e8, 2e8));
        vm.stopPrank();
    }

    /// @dev Runs legs in the module's name, at the present NAV and a wide tolerance: what signs them has its own tests.
    function asModule(Leg[] memory legs) internal {
        uint256 nav = vault.nav();
        vm.prank(address(module));
        vault.rebalance(legs, nav, 10_000);
    }

    /// @dev As contracts/libraries/Roles.sol says and deploy/modules/engine.ts does, without the curator's delay: a delay
    /// changes when an act happens, not what it may do.
    function openRoles() private {
        bytes4[] memory list = new bytes4[](4);
        list[0] = registry.registerStrategy.selector;
        list[1] = registry.setLimits.selector;
        list[2] = registry.setRiskCap.selector;
        list[3] = registry.reactivate.selector;
        manager.setTargetFunctionRole(address(registry), list, Roles.CURATOR);
        manager.setTargetFunctionRole(address(guard), only(guard.setOracle.selector), Roles.CURATOR);
        list = new bytes4[](5);
        list[0] = vault.unpauseDeposits.selector;
        list[1] = vault.unfreeze.selector;
        list[2] = vault.setFees.selector;
        list[3] = vault.setWithdrawalOrder.selector;
        list[4] = vault.forceRevoke.selector;
        manager.setTargetFunctionRole(address(vault), list, Roles.CURATOR);
        list = new bytes4[](2);
        list[0] = module.unpause.selector;
        list[1] = module.setPolicy.selector;
        manager.setTargetFunctionRole(address(module), list, Roles.CURATOR);
        list = new bytes4[](3);
        list[0] = registry.lowerLimits.selector;
        list[1] = registry.lowerRiskCap.selector;
        list[2] = registry.restrict.selector;
        manager.setTargetFunctionRole(address(registry), list, Roles.GUARDIAN);
        manager.setTargetFunctionRole(address(guard), only(guard.disable.selector), Roles.GUARDIAN);
        list[0] = vault.pauseDeposits.selector;
        list[1] = vault.freeze.selector;
        list[2] = vault.lowerFees.selector;
        manager.setTargetFunctionRole(address(vault), list, Roles.GUARDIAN);
        manager.setTargetFunctionRole(address(module), only(module.pause.selector), Roles.GUARDIAN);
        manager.setTargetFunctionRole(address(module), only(module.propose.selector), Roles.PROPOSER);
        manager.grantRole(Roles.CURATOR, CURATOR, 0);
        manager.grantRole(Roles.GUARDIAN, CURATOR, 0);
        manager.grantRole(Roles.GUARDIAN, GUARDIAN, 0);
        manager.grantRole(Roles.PROPOSER, KEEPER, 0);
    }

    function only(bytes4 selector) internal pure returns (bytes4[] memory list) {
        list = new bytes4[](1);
        list[0] = selector;
    }
}
