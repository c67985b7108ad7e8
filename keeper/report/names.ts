/** Names short enough for a table, and still different from each other. */

const words = (name: string): readonly string[] => name.split(/\s+/).filter((word) => word !== "");

/**
 * For each name its last word when no other name ends in it, else its first, else the whole name: "Aave v3 WETH" and
 * "Gearbox WETH" become "Aave" and "Gearbox", beside "wstETH" and "idle".
 */
export function shortNames(names: readonly string[]): readonly string[] {
  const candidates = names.map((name) => {
    const parts = words(name);
    return [parts.at(-1) ?? name, parts[0] ?? name];
  });
  const isUnique = (word: string, index: number): boolean =>
    candidates.every((others, other) => other === index || !others.includes(word));
  return names.map((name, index) => candidates[index]?.find((word) => isUnique(word, index)) ?? name);
}
