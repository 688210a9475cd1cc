import type { ReactNode } from "react";
import { Scroll } from "@/components/ui/scroll";

/** A table that is wider than a phone: it scrolls by itself. */
export function Table({ label, heads, children }: { label: string; heads: string[]; children: ReactNode }) {
  return (
    <Scroll label={label} className="rounded-lg border border-line bg-surface">
      <table className="w-full border-collapse text-left" aria-label={label}>
        <thead>
          <tr className="border-b border-line text-xs text-quiet">
            {heads.map((head) => <th key={head} scope="col" className="px-3 py-2 font-medium whitespace-nowrap">{head}</th>)}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">{children}</tbody>
      </table>
    </Scroll>
  );
}
