import type { LucideIcon } from "lucide-react";
import type { ButtonHTMLAttributes, Ref } from "react";

type Look = "primary" | "plain" | "ghost" | "danger";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent border-transparent hover:brightness-110",
  plain: "bg-surface text-ink border-line hover:bg-sunken hover:border-edge",
  ghost: "bg-transparent text-ink border-transparent hover:bg-sunken",
  danger: "bg-surface text-danger border-line hover:bg-danger-soft hover:border-danger",
};

/** How a button looks, for links that are one. */
export function buttonLook(look: Look = "plain"): string {
  return `inline-flex h-8 items-center justify-center gap-1.5 rounded-md border px-2.5 text-sm font-medium whitespace-nowrap transition-colors duration-100 disabled:cursor-not-allowed disabled:opacity-50 aria-pressed:bg-accent-soft aria-pressed:border-accent ${LOOKS[look]}`;
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  icon?: LucideIcon;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = "plain", icon: Icon, className = "", type = "button", children, ...rest }: ButtonProps) {
  return (
    <button type={type} className={`${buttonLook(look)} ${className}`} {...rest}>
      {Icon && <Icon className="size-4 shrink-0" aria-hidden />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it does, for screen readers and as a tip. */
  label: string;
  icon: LucideIcon;
  /** The key that does the same, shown in the tip. */
  shortcut?: string;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ label, icon: Icon, shortcut, className = "", type = "button", ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={shortcut ? `${label} (${shortcut})` : label}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-md text-quiet transition-colors duration-100 hover:bg-sunken hover:text-ink disabled:cursor-not-allowed disabled:opacity-40 aria-pressed:bg-accent-soft aria-pressed:text-ink ${className}`}
      {...rest}
    >
      <Icon className="size-4" aria-hidden />
    </button>
  );
}
