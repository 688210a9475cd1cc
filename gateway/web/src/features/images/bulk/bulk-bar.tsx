import { Copy, Ellipsis, Eye, EyeOff, ScanSearch, Tag, Tags, Trash2, TextCursorInput, X, type LucideIcon } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/button";
import { Menu, MenuItem, MenuLine } from "@/components/ui/menu";
import { Popover } from "@/components/ui/popover";
import type { Change } from "@/features/images/api/change";
import { AnalyseDialog, CopyDialog, DeleteDialog } from "@/features/images/bulk/bulk-dialogs";
import { LabelForm, MetadataForm, TagForm, type FormProps } from "@/features/images/bulk/bulk-forms";
import { useBulk } from "@/features/images/bulk/bulk-work";
import { selectorOf, sizeOf, type Selection } from "@/features/images/selection";
import type { ImageTexts } from "@/lib/i18n/images-en";
import { useRights } from "@/lib/api/rights";
import { count } from "@/lib/format";

interface BulkBarProps {
  project: string;
  selection: Selection;
  onClear: () => void;
  /** More to do with them that other parts of the app bring along. */
  children?: ReactNode;
}

type Opened = "" | "tag" | "label" | "metadata" | "copy" | "analyse" | "delete";

/** What can be done with the images that somebody picked; each step says what it did and can mostly be taken back. */
export function BulkBar({ project, selection, onClear, children }: BulkBarProps) {
  const { t } = useTranslation();
  const bulk = useBulk(project);
  const { mayEdit, isOwner } = useRights(project);
  const [opened, setOpened] = useState<Opened>("");
  const size = sizeOf(selection);
  const close = () => { setOpened(""); };
  const run = (change: Change, did: keyof ImageTexts["did"], value = "") => {
    close();
    bulk.run(selectorOf(selection), change, t(`images.did.${did}`, { images: count(size), value }));
  };
  const forms: { name: "tag" | "label" | "metadata"; icon: LucideIcon; Form: (props: FormProps) => ReactNode; label: string }[] = [
    { name: "tag", icon: Tag, Form: TagForm, label: t("images.tags") },
    { name: "label", icon: Tags, Form: LabelForm, label: t("images.label") },
    { name: "metadata", icon: TextCursorInput, Form: MetadataForm, label: t("images.metadata") },
  ];

  return (
    <section aria-label={t("images.bulk")} className="flex shrink-0 flex-col gap-2">
      <div className="flex min-h-8 flex-wrap items-center gap-1.5">
        <b className="mr-1 font-semibold whitespace-nowrap tabular-nums">{t("images.selected", { selected: count(size) })}</b>
        {mayEdit && forms.map(({ name, icon, Form, label }) => (
          <Popover
            key={name}
            label={label}
            isOpen={opened === name}
            onOpen={(isOpen) => { setOpened(isOpen ? name : ""); }}
            trigger={<Button icon={icon} disabled={bulk.isBusy}>{label}</Button>}
          >
            <Form project={project} onChange={run} />
          </Popover>
        ))}
        {children}
        <Menu trigger={<Button icon={Ellipsis} disabled={bulk.isBusy} aria-label={t("images.more")} />}>
          {mayEdit && <MenuItem icon={ScanSearch} onSelect={() => { setOpened("analyse"); }}>{t("images.analyse")}</MenuItem>}
          <MenuItem icon={Copy} onSelect={() => { setOpened("copy"); }}>{t("images.copy")}</MenuItem>
          {isOwner && <MenuLine />}
          {isOwner && <MenuItem icon={EyeOff} onSelect={() => { run({ kind: "access", mode: "MODE_RESTRICTED" }, "access"); }}>{t("images.restrict")}</MenuItem>}
          {isOwner && <MenuItem icon={Eye} onSelect={() => { run({ kind: "access", mode: "MODE_INHERITED" }, "access"); }}>{t("images.inherit")}</MenuItem>}
        </Menu>
        {mayEdit && <Button look="danger" icon={Trash2} disabled={bulk.isBusy} onClick={() => { setOpened("delete"); }}>{t("images.delete")}</Button>}
        <IconButton label={t("images.clear")} icon={X} shortcut="Esc" onClick={onClear} />
      </div>
      {opened === "copy" && <CopyDialog project={project} onClose={close} onCopy={(destination, move) => { run({ kind: "copy", destination, move }, move ? "move" : "copy"); }} />}
      {opened === "analyse" && <AnalyseDialog onClose={close} onAnalyse={(model) => { run({ kind: "analyse", model }, "analyse"); }} />}
      {opened === "delete" && <DeleteDialog total={size} onClose={close} onDelete={() => { run({ kind: "delete" }, "delete"); onClear(); }} />}
    </section>
  );
}
