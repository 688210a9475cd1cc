import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ErrorNotice } from "@/components/ui/notice";
import { idOf } from "@/lib/api/client";
import { useRights } from "@/lib/api/rights";
import { time } from "@/lib/format";

interface Made {
  name?: string;
  displayName?: string;
  createTime?: string;
  creator?: string;
}

interface PastWorkProps {
  project: string;
  made: Made[];
  opened: Made | undefined;
  onOpen: (name: string) => void;
  remove: { mutate: (id: string) => void; error: Error | null };
}

/** Selections or splits made before: opens them, and deletes those that the person may manage. */
export function PastWork({ project, made, opened, onOpen, remove }: PastWorkProps) {
  const { t } = useTranslation();
  const { mayManage } = useRights(project);
  if (made.length === 0) return null;
  return (
    <div>
      <h2 className="mb-2 text-sm font-medium">{t("curation.history")}</h2>
      <ErrorNotice error={remove.error} />
      <ul className="flex flex-col gap-1">
        {made.map((each) => (
          <li key={each.name} className={`flex items-center gap-1 rounded-md border p-1 text-sm ${each === opened ? "border-accent" : "border-line"}`}>
            <button type="button" aria-current={each === opened || undefined} className="min-w-0 flex-1 px-1 text-left" onClick={() => { onOpen(each.name ?? ""); }}>
              <span className="block truncate">{each.displayName}</span>
              <span className="text-xs text-quiet">{time(each.createTime)}</span>
            </button>
            {mayManage(each.creator) && <Button look="danger" aria-label={t("maps.deleteNamed", { name: each.displayName })} onClick={() => { remove.mutate(idOf(each.name)); }}>{t("maps.delete")}</Button>}
          </li>
        ))}
      </ul>
    </div>
  );
}
