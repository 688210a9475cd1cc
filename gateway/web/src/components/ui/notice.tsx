import type { ReactNode } from "react";

export function ErrorNotice({ error }: { error: Error | null | undefined }) {
  if (!error) return null;
  return (
    <p role="alert" className="rounded-md border border-danger px-3 py-2 text-sm text-danger">
      {error.message}
    </p>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 rounded-lg border border-dashed border-line p-10 text-center">
      <p className="font-medium">{title}</p>
      <div className="max-w-prose text-sm text-quiet">{children}</div>
    </div>
  );
}

export function Progress({ value, label }: { value: number; label: string }) {
  return (
    <div className="flex flex-col gap-1">
      <span className="text-sm">{label}</span>
      <progress className="h-2 w-full accent-accent" max={1} value={value} aria-label={label} />
    </div>
  );
}
