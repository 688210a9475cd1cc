import { useState, type SubmitEvent } from "react";
import { Tag, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { showToast } from "@/components/ui/toast";
import { useTagPoints } from "@/features/analyses/api/tag";
import { count } from "@/lib/format";

interface SelectionActionsProps {
  project: string;
  size: number;
  /** Ids of the selected images; a function, because they are many and seldom needed. */
  ids: () => string[];
  onClear: () => void;
  /** Opens the grid with what has a tag. */
  onTagged: (tag: string) => void;
}

/** What can be done with selected points: a tag, which every other page can search for. */
export function SelectionActions({ project, size, ids, onClear, onTagged }: SelectionActionsProps) {
  const { t } = useTranslation();
  const give = useTagPoints(project);
  const [tag, setTag] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const name = tag.trim();
    give.mutate({ ids: ids(), tag: name }, {
      onSuccess: () => { showToast(t("maps.tagged", { tag: name }), { label: t("maps.openGrid"), run: () => { onTagged(name); } }); },
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <div className="flex items-center justify-between">
        <b className="tabular-nums">{t("images.selected", { selected: count(size) })}</b>
        <IconButton label={t("images.clear")} icon={X} onClick={onClear} />
      </div>
      <div className="flex gap-1">
        <Input aria-label={t("images.tag")} placeholder={t("images.tag")} required maxLength={100} className="flex-1" value={tag} onChange={(event) => { setTag(event.target.value); }} />
        <Button type="submit" icon={Tag} disabled={give.isPending}>{t("images.addTag")}</Button>
      </div>
      <ErrorNotice error={give.error} />
    </form>
  );
}
