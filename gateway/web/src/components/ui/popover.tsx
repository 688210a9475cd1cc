import * as Radix from "@radix-ui/react-popover";
import type { ReactNode } from "react";

interface PopoverProps {
  /** The button that opens it. */
  trigger: ReactNode;
  label: string;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  align?: "start" | "center" | "end";
  className?: string;
  children: ReactNode;
}

/** A small window at a button, for a short form. */
export function Popover({ trigger, label, isOpen, onOpen, align = "start", className = "w-72 p-3", children }: PopoverProps) {
  return (
    <Radix.Root open={isOpen} onOpenChange={onOpen}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content aria-label={label} align={align} sideOffset={4} collisionPadding={8} className={`z-50 max-h-(--radix-popover-content-available-height) animate-rise overflow-y-auto rounded-lg bg-raised text-sm shadow-raised ${className}`}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
