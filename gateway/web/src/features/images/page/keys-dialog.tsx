import { useTranslation } from "react-i18next";
import { Kbd } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";

const KEYS = [
  ["step", ["←", "→"]], ["back", ["Esc"]], ["fit", ["0"]], ["actual", ["1"]], ["zoom", ["+", "−"]],
  ["boxes", ["B"]], ["label", ["L"]], ["tag", ["T"]], ["help", ["?"]],
] as const;

export function KeysDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("images.keys")} isOpen={isOpen} onClose={onClose}>
      <dl className="grid grid-cols-[1fr_auto] gap-y-2">
        {KEYS.map(([name, keys]) => (
          <div key={name} className="contents">
            <dt>{t(`images.keyNames.${name}`)}</dt>
            <dd className="flex justify-end gap-1">{keys.map((key) => <Kbd key={key}>{key}</Kbd>)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
