/** How the tables of this feature look. */
export const TABLE = "w-full border-collapse text-sm";
export const HEAD = "py-1.5 pr-4 text-left text-xs font-medium text-quiet";
export const NUMBER = "py-1.5 pr-4 text-right tabular-nums";
