import type { ReactNode } from "react";

/** What may be wider than its place: it scrolls by itself, on the keyboard by arrows. */
export function Scroll({ label, className = "", children }: { label: string; className?: string; children: ReactNode }) {
  return (
    // Browsers do not let the keyboard scroll what holds nothing to be focused.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div role="region" aria-label={label} tabIndex={0} className={`overflow-x-auto ${className}`}>
      {children}
    </div>
  );
}
