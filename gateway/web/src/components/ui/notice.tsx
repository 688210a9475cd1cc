import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { faultText } from "@/lib/i18n/fault-text";

export function ErrorNotice({ error }: { error: Error | null | undefined }) {
  if (!error) return null;
  return (
    <p role="alert" className="flex gap-2 rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
      <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
      {faultText(error)}
    </p>
  );
}

interface EmptyProps {
  title: string;
  icon?: LucideIcon;
  children?: ReactNode;
}

/** Where nothing is yet: says so, and what to do next. */
export function Empty({ title, icon: Icon, children }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      {Icon && <Icon className="mb-1 size-8 text-quiet" strokeWidth={1.25} aria-hidden />}
      <p className="text-base font-medium">{title}</p>
      <div className="flex max-w-prose flex-col items-center gap-3 text-sm text-quiet">{children}</div>
    </div>
  );
}

/** `value` in [0, 1]. */
export function Progress({ value, label }: { value: number; label: string }) {
  return (
    <div className="flex flex-col gap-1">
      <span className="text-sm">{label}</span>
      <progress className="h-1.5 w-full overflow-hidden rounded-full accent-accent" max={1} value={value} aria-label={label} />
    </div>
  );
}

/** A place whose content is on its way; give it the size of what comes. */
export function Skeleton({ className = "" }: { className?: string }) {
  return <div className={`animate-pulse rounded-md bg-sunken ${className}`} aria-hidden />;
}
