// Twelve hues that are told apart, none of them a neighbour of the one before in the list.
const HUES = [25, 250, 145, 320, 75, 200, 285, 110, 350, 225, 50, 175];

/** The colour of a class: the same everywhere and every time. */
export function classColour(label: string): string {
  let hash = 0;
  for (const character of label.toLowerCase()) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return `oklch(0.72 0.16 ${HUES[hash % HUES.length] ?? 0})`;
}
