import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ErrorNotice } from "@/components/ui/notice";
import { useModifyTags } from "@/features/images/api/change";
import { count } from "@/lib/format";

export function SelectionBar({ project, ids, onClear }: { project: string; ids: string[]; onClear: () => void }) {
  const { t } = useTranslation();
  const modify = useModifyTags(project);
  const [tag, setTag] = useState("");
  const isUsable = tag.trim() !== "" && !modify.isPending;
  return (
    <div className="flex flex-wrap items-center gap-2 rounded-md border border-accent bg-surface p-2 text-sm">
      <b>{t("images.selected", { selected: count(ids.length) })}</b>
      <input aria-label={t("images.tag")} placeholder={t("images.tag")} maxLength={100} className="rounded-md border border-line bg-surface px-2 py-1" value={tag} onChange={(event) => { setTag(event.target.value); }} />
      <Button disabled={!isUsable} onClick={() => { modify.mutate({ ids, add: [tag.trim()] }); }}>{t("images.addTag")}</Button>
      <Button disabled={!isUsable} onClick={() => { modify.mutate({ ids, remove: [tag.trim()] }); }}>{t("images.removeTag")}</Button>
      <Button onClick={onClear}>{t("images.clear")}</Button>
      <ErrorNotice error={modify.error} />
    </div>
  );
}
