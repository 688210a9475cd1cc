import { Keyboard } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Tab } from "@/app/search";
import { IconButton } from "@/components/ui/button";
import { KeysDialog } from "@/components/ui/keys-dialog";
import { usePageKeys } from "@/lib/use-page-keys";

const ARROWS = ["←", "→", "↑", "↓"];
// The other pages are forms and lists, which have the keys of every form and list.
const KEYS = {
  images: [
    ["go", ARROWS], ["far", ["PgUp", "PgDn", "Home", "End"]], ["open", ["Enter"]], ["pick", ["␣"]], ["range", ["⇧", "←", "→"]], ["all", ["A"]], ["none", ["Esc"]],
  ],
  maps: [["turn", ARROWS], ["zoom", ["+", "−"]], ["whole", ["0"]], ["lasso", ["⇧"]]],
  review: [["agree", ["Enter"]], ["relabel", ["1", "…", "9"]], ["write", ["A", "…", "Z"]], ["skip", ["␣", "→"]], ["back", ["⌫", "←"]]],
} as const;

/** The keys of a page of a project, on `?` and by a button. */
export function ProjectKeys({ tab }: { tab: Tab }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const has = (name: Tab): name is keyof typeof KEYS => name in KEYS;
  const keys = has(tab) ? KEYS[tab].map(([name, those]) => [t(`frame.keys.${name}`), those] as const) : [];
  usePageKeys({ "?": () => { setOpen(true); } });
  return (
    <>
      <IconButton label={t("images.keys")} shortcut="?" icon={Keyboard} onClick={() => { setOpen(true); }} />
      <KeysDialog keys={[...keys, [t("images.keyNames.help"), ["?"]]]} isOpen={isOpen} onClose={() => { setOpen(false); }} />
    </>
  );
}
