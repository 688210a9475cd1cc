import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { splitsQuery, useDeleteSplit, type Split } from "@/features/curation/api/splits";
import type { ImageLink } from "@/features/curation/components/card";
import { LeakageForm } from "@/features/curation/components/leakage-view";
import { SplitForm } from "@/features/curation/components/split-form";
import { SplitView } from "@/features/curation/components/split-view";
import { idOf } from "@/lib/api/client";
import { useRights } from "@/lib/api/rights";
import { time } from "@/lib/format";

interface SplitPartProps {
  project: string;
  query: string;
  imageLink: ImageLink;
  queryLink: ImageLink;
  /** What downloads a split, by its resource name. */
  download: (split: string) => ReactNode;
}

/** Images are shared out for training, validation and test, and looked at for what leaks between the parts. */
export function SplitPart({ project, query, imageLink, queryLink, download }: SplitPartProps) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const found = useQuery(splitsQuery(project));
  const [wanted, setWanted] = useState("");
  const made = (found.data?.splits ?? []).filter((each) => each.state === "CURATION_STATE_SUCCEEDED");
  const opened = made.find((each) => each.name === wanted) ?? made[0];
  const done = (name: string) => {
    setWanted(name);
    void cache.invalidateQueries({ queryKey: ["splits", project] });
  };
  return (
    <div className="flex flex-wrap gap-6 md:flex-nowrap">
      <div className="flex w-72 shrink-0 flex-col gap-4">
        <SplitForm project={project} query={query} onMade={done} />
        <History project={project} splits={made} opened={opened} onOpen={setWanted} />
        <LeakageForm project={project} imageLink={imageLink} />
      </div>
      <div className="flex min-w-0 flex-1 flex-col gap-3">
        <ErrorNotice error={found.error} />
        {found.isSuccess && !opened && <Empty title={t("splits.none")}>{t("splits.noneHint")}</Empty>}
        {opened && <SplitView key={opened.name} project={project} split={opened} imageLink={imageLink} queryLink={queryLink} download={download} />}
      </div>
    </div>
  );
}

interface HistoryProps {
  project: string;
  splits: Split[];
  opened: Split | undefined;
  onOpen: (name: string) => void;
}

function History({ project, splits, opened, onOpen }: HistoryProps) {
  const { t } = useTranslation();
  const remove = useDeleteSplit(project);
  const { mayManage } = useRights(project);
  if (splits.length === 0) return null;
  return (
    <div>
      <h2 className="mb-2 text-sm font-medium">{t("curation.history")}</h2>
      <ErrorNotice error={remove.error} />
      <ul className="flex flex-col gap-1">
        {splits.map((each) => (
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
