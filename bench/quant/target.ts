/** What one line of bench/quant.json says. */
export interface Target {
  readonly id: string;
  readonly target: string;
  readonly value: number;
  readonly unit: string;
  readonly pass: boolean;
  readonly peers: Readonly<Record<string, number | string>>;
}
