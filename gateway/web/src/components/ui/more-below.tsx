import { useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";

interface MoreBelowProps {
  label: string;
  isBusy: boolean;
  onMore: () => void;
}

/** The end of a list that goes on: asks for more when it comes into view, or when it is pressed. */
export function MoreBelow({ label, isBusy, onMore }: MoreBelowProps) {
  const end = useRef<HTMLDivElement>(null);
  const latest = useRef(onMore);
  useEffect(() => { latest.current = onMore; });
  useEffect(() => {
    if (!end.current || isBusy) return;
    const watch = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) latest.current(); }, { rootMargin: "300px" });
    watch.observe(end.current);
    return () => { watch.disconnect(); };
  }, [isBusy]);
  return (
    <div ref={end} className="flex justify-center">
      <Button disabled={isBusy} onClick={onMore}>{label}</Button>
    </div>
  );
}
