import * as Radix from "@radix-ui/react-dropdown-menu";
import { Check, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

const FLOAT = "z-50 max-h-[min(28rem,var(--radix-dropdown-menu-content-available-height))] min-w-44 animate-rise overflow-y-auto rounded-lg bg-raised p-1 text-sm shadow-raised";

/** A list of things to do that opens at a button; `trigger` is that button. */
export function Menu({ trigger, align = "start", children }: { trigger: ReactNode; align?: "start" | "end"; children: ReactNode }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content align={align} sideOffset={4} className={FLOAT}>{children}</Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface MenuItemProps {
  onSelect: () => void;
  icon?: LucideIcon;
  isDanger?: boolean;
  isDisabled?: boolean;
  /** Marks the one that holds now. */
  isChosen?: boolean;
  /** Shown at the right: a key, a count. */
  hint?: ReactNode;
  children: ReactNode;
}

export function MenuItem({ onSelect, icon: Icon, isDanger = false, isDisabled = false, isChosen = false, hint, children }: MenuItemProps) {
  return (
    <Radix.Item
      onSelect={onSelect}
      disabled={isDisabled}
      className={`flex h-8 items-center gap-2 rounded-md px-2 outline-none select-none data-disabled:opacity-50 data-highlighted:bg-sunken ${isDanger ? "text-danger" : ""}`}
    >
      {Icon && <Icon className="size-4 shrink-0 text-quiet" aria-hidden />}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {isChosen && <Check className="size-4 text-accent" aria-hidden />}
      {hint !== undefined && <span className="text-xs text-quiet tabular-nums">{hint}</span>}
    </Radix.Item>
  );
}

export function MenuLine() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}

export function MenuTitle({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 pt-1.5 pb-1 text-xs font-medium text-quiet">{children}</Radix.Label>;
}
