import { useState, type SubmitEvent } from "react";
import { LayoutGrid, Tag, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { showToast } from "@/components/ui/toast";
import { useKeepPoints, useTagPoints, type PickedPoints } from "@/features/analyses/api/keep-points";
import { useRights } from "@/lib/api/rights";
import { count } from "@/lib/format";

interface SelectionActionsProps {
  points: PickedPoints;
  onClear: () => void;
  /** Opens the grid with what a query finds. */
  onGrid: (query: string) => void;
}

/** What can be done with selected points: their images in the grid, where all the rest can be done, or a tag that lasts. */
export function SelectionActions({ points, onClear, onGrid }: SelectionActionsProps) {
  const { t } = useTranslation();
  const give = useTagPoints();
  const keep = useKeepPoints();
  const { mayEdit } = useRights(points.project);
  const [tag, setTag] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const name = tag.trim();
    give.mutate({ ...points, tag: name }, {
      onSuccess: () => { showToast(t("maps.tagged", { tag: name }), { label: t("maps.openGrid"), run: () => { onGrid(`tag:"${name.replace(/[\\"*]/g, "\\$&")}"`); } }); },
    });
  };
  const openGrid = () => { keep.mutate(points, { onSuccess: (set) => { onGrid(set.query ?? ""); } }); };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <div className="flex items-center justify-between">
        <b className="tabular-nums">{t("images.selected", { selected: count(points.rows.length) })}</b>
        <IconButton label={t("images.clear")} icon={X} onClick={onClear} />
      </div>
      <Button look="primary" icon={LayoutGrid} disabled={keep.isPending} onClick={openGrid}>{t("maps.openGrid")}</Button>
      {mayEdit && <div className="flex gap-1">
        <Input aria-label={t("images.tag")} placeholder={t("images.tag")} required maxLength={100} className="flex-1" value={tag} onChange={(event) => { setTag(event.target.value); }} />
        <Button type="submit" icon={Tag} disabled={give.isPending}>{t("images.addTag")}</Button>
      </div>}
      <ErrorNotice error={give.error ?? keep.error} />
    </form>
  );
}
