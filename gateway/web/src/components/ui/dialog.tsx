import * as Radix from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/button";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  /** One sentence under the title. */
  description?: string;
  isWide?: boolean;
  children: ReactNode;
}

/** A window over the page. Escape and a click beside it close it; the focus stays in it and goes back afterwards. */
export function Dialog({ title, isOpen, onClose, description, isWide = false, children }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => { if (!open) onClose(); }}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Radix.Content
          className={`fixed top-[12vh] left-1/2 z-50 flex max-h-[80vh] w-[calc(100vw-2rem)] -translate-x-1/2 animate-rise flex-col rounded-xl bg-raised shadow-raised ${isWide ? "max-w-3xl" : "max-w-lg"}`}
          {...(description === undefined && { "aria-describedby": undefined })}
        >
          <div className="flex items-start justify-between gap-4 px-5 pt-4 pb-2">
            <div>
              <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
              {description !== undefined && <Radix.Description className="mt-0.5 text-sm text-quiet">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild><IconButton label={t("images.close")} icon={X} /></Radix.Close>
          </div>
          <div className="flex flex-col gap-4 overflow-y-auto px-5 pt-2 pb-5">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
