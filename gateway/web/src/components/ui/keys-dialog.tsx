import { useTranslation } from "react-i18next";
import { Kbd } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";

interface KeysDialogProps {
  /** What can be done, and the keys that do it. */
  keys: readonly (readonly [string, readonly string[]])[];
  isOpen: boolean;
  onClose: () => void;
}

/** The keys of a page. */
export function KeysDialog({ keys, isOpen, onClose }: KeysDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("images.keys")} isOpen={isOpen} onClose={onClose}>
      <dl className="grid grid-cols-[1fr_auto] gap-y-2">
        {keys.map(([name, those]) => (
          <div key={name} className="contents">
            <dt>{name}</dt>
            <dd className="flex justify-end gap-1">{those.map((key) => <Kbd key={key}>{key}</Kbd>)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
