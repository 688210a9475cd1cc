import type { ReactNode } from "react";

/** A panel on the canvas. */
export function Card({ className = "", children }: { className?: string; children: ReactNode }) {
  return <div className={`rounded-lg border border-line bg-surface ${className}`}>{children}</div>;
}

type Tone = "quiet" | "accent" | "good" | "warn" | "danger";

const TONES: Record<Tone, string> = {
  quiet: "bg-sunken text-ink",
  accent: "bg-accent-soft text-ink",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  danger: "bg-danger-soft text-danger",
};

/** A word about something: a state, a count, a tag. */
export function Badge({ tone = "quiet", className = "", children }: { tone?: Tone; className?: string; children: ReactNode }) {
  return <span className={`inline-flex h-5 max-w-full items-center gap-1 rounded px-1.5 text-xs font-medium whitespace-nowrap ${TONES[tone]} ${className}`}>{children}</span>;
}

/** A key of the keyboard. */
export function Kbd({ children }: { children: ReactNode }) {
  return <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded border border-line bg-sunken px-1 font-sans text-2xs text-quiet">{children}</kbd>;
}
