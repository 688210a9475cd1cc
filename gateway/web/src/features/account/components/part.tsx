import { useId, type ReactNode } from "react";
import { Card } from "@/components/ui/card";

/** One part of the settings, with what it is about. */
export function Part({ title, hint, children }: { title: string; hint: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex flex-col gap-3">
      <div>
        <h2 id={id} className="text-base font-semibold">{title}</h2>
        <p className="text-quiet">{hint}</p>
      </div>
      <Card className="p-4">{children}</Card>
    </section>
  );
}
