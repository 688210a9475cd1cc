import { useLayoutEffect, useRef, type ReactNode } from "react";

/** Look of the links in a bar. */
export const TAB = "border-b-2 border-transparent px-3 py-2.5 whitespace-nowrap text-quiet hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink";

/** Links to pages side by side. Where they are wider than the window they scroll, and the open one is in view. */
export function TabBar({ label, shown, children }: { label: string; shown: string; children: ReactNode }) {
  const bar = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const open = bar.current?.querySelector<HTMLElement>("[aria-current=page]");
    if (bar.current && open) bar.current.scrollLeft = open.offsetLeft + (open.offsetWidth - bar.current.clientWidth) / 2;
  }, [shown]);
  return <nav ref={bar} aria-label={label} className="relative -mb-px flex max-w-full overflow-x-auto [scrollbar-width:none]">{children}</nav>;
}
