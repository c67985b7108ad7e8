/**
 * Which checks every adapter must pass, where each is proven, and for whom one cannot apply. test/unit/checks.test.ts holds this
 * against the test files; a check that neither runs nor has a reason fails there.
 */

/** Every adapter runs `conformance`; these are the suites built on it. */
export type Suite = "conformance" | "syncConformance" | "queuedConformance" | "rangeConformance" | "pendleConformance";

export interface Check {
  readonly id: string;
  readonly says: string;
  /** Titles that prove it, per suite that declares them. */
  readonly suites?: Readonly<Partial<Record<Suite, readonly string[]>>>;
  /** A title in the adapter's own test file that proves it. */
  readonly own?: RegExp;
  /** Suites whose adapters the check means nothing for, with the reason. */
  readonly exempt?: Readonly<Partial<Record<Suite, string>>>;
  /** Adapters for which the check means nothing, with the reason. */
  readonly skips?: Readonly<Record<string, string>>;
}

const SYNC = "exits are at once: there is no request that could wait";
const CONTINUOUS = "the rate grows by the second or by oracle report; nobody can make it jump by a harvest";

export const CHECKS: readonly Check[] = [
  {
    id: "round trip",
    says: "in and out, or stake, request, finalize and claim, loses at most the stated fee and rounding, for fuzzed amounts",
    suites: {
      syncConformance: ["behavior: a round trip loses at most the stated fee and two wei"],
      queuedConformance: ["behavior: stake, request, finalize, claim loses rounding only"],
    },
    // Where a lock or two ways out ask for a round trip of their own.
    own: /a round trip|neither wins nor loses/,
  },
  {
    id: "value is paid",
    says: "what the position is said to be worth is what leaving pays",
    suites: {
      syncConformance: ["behavior: what the position is said to be worth can be taken out, whole or in parts"],
      queuedConformance: ["behavior: stake, request, finalize, claim loses rounding only"],
    },
    own: /a round trip across the lock|pays at least the value/,
  },
  {
    id: "limits",
    says: "more than the limit is refused, whatever is asked for",
    suites: { conformance: ["error: Adapter_LimitExceeded"] },
  },
  {
    id: "small amounts",
    says: "from one wei on: refused, or counted at no more than was put in",
    suites: {
      conformance: ["behavior: amounts below the smallest are refused, or counted at no more than was put in"],
    },
  },
  {
    id: "closed venue",
    says: "a paused, frozen or full venue takes nothing, keeps its value and says so without reverting",
    suites: { conformance: ["behavior: closed venues take nothing and the limits say so without reverting"] },
  },
  {
    id: "dead venue",
    says: "a venue that burns all gas counts as closed",
    suites: { conformance: ["behavior: a venue that answers nothing counts as closed"] },
  },
  {
    id: "partial finalization",
    says: "finished requests are paid, the rest stays",
    suites: { queuedConformance: ["behavior: partial finalization pays the finished requests and keeps the rest"] },
    exempt: { syncConformance: SYNC },
    skips: { Sommelier: "exits are at once after the share lock: there is no request that could wait" },
  },
  {
    id: "slashing while waiting",
    says: "a slashing lowers what is pending, a gain does not lift it",
    suites: {
      queuedConformance: ["behavior: a slashing lowers pending and what is claimed; a rebase up lifts neither"],
    },
    exempt: { syncConformance: SYNC },
    skips: { Sommelier: "exits are at once after the share lock: there is no request that could wait" },
  },
  {
    id: "falling rate",
    says: "a loss or slashing of the venue lowers the value at once",
    suites: {
      queuedConformance: ["behavior: a slashing lowers pending and what is claimed; a rebase up lifts neither"],
      rangeConformance: ["behavior: a slashing lowers the value of the wstETH leg at once"],
    },
    own: /a loss (of|that)|slashing/,
  },
  {
    id: "zero rate",
    says: "a venue that answers zero gives no rate and no larger value, and its limits do not revert",
    suites: { conformance: ["behavior: a venue that answers zero to everything is not believed"] },
  },
  {
    id: "donation",
    says: "position tokens, WETH and ether from outside lift no value",
    suites: { conformance: ["behavior: a donation lifts no value"] },
  },
  {
    id: "reentrancy",
    says: "a venue that calls back in is refused, and the books are as without it",
    suites: { conformance: ["behavior: a venue that calls back in is refused, and the books are as if it had not"] },
  },
  {
    id: "approvals",
    says: "none outlives a call",
    suites: { conformance: ["behavior: no approval outlives a call"] },
  },
  {
    id: "bad deployment",
    says: "no vault, or an account without code in the place of any target, is refused",
    suites: { conformance: ["error: no deployment for nobody, or on accounts without code"] },
  },
  {
    id: "mismatched targets",
    says: "targets that belong to different deployments or assets are refused",
    suites: {
      pendleConformance: [
        "error: Adapter_AssetMismatch when the SY is of another Lido, Adapter_BadTarget when it takes another wstETH",
      ],
    },
    own: /AssetMismatch|BadTarget/,
  },
  {
    id: "harvest",
    says: "a harvest or a pool's price cannot be used against those who were there before",
    suites: {
      rangeConformance: [
        "behavior: a sandwich of an entry costs at most the band, and outside it the entry is refused",
        "behavior: a sandwich of a harvest changes nothing for either side",
      ],
      pendleConformance: [
        "behavior: one block's trade does not move the value, and a sale below it is refused",
        "behavior: an entry into a market that somebody moved is refused by its minimum",
      ],
    },
    own: /sandwich|harvest|trades? (do|does) not move|trades move the exit, not the value|changes the value by moving|profit enters|rewards move the value over/,
    skips: Object.fromEntries(
      [
        ...["AaveV3", "Erc4626", "Gearbox", "Lido", "EtherFi", "Swell", "Stader", "Kelp", "Renzo", "Bedrock"],
        ...["Sommelier", "Puffer"],
      ].map((name) => [name, CONTINUOUS]),
    ),
  },
];
