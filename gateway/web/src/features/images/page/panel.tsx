import type { ReactNode } from "react";

/** A part of what is known of an image. */
export function Panel({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-2 border-b border-line px-4 py-3 last:border-0">
      <h2 className="text-xs font-semibold text-quiet">{title}</h2>
      {children}
    </section>
  );
}
