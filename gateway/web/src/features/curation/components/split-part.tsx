import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { splitsQuery, useDeleteSplit } from "@/features/curation/api/splits";
import type { ImageLink } from "@/features/curation/components/card";
import { LeakageForm } from "@/features/curation/components/leakage-view";
import { PastWork } from "@/features/curation/components/past-work";
import { SplitForm } from "@/features/curation/components/split-form";
import { SplitView } from "@/features/curation/components/split-view";

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
  const remove = useDeleteSplit(project);
  const found = useQuery(splitsQuery(project));
  const [wanted, setWanted] = useState("");
  const made = (found.data?.splits ?? []).filter((each) => each.state === "CURATION_STATE_SUCCEEDED");
  const opened = made.find((each) => each.name === wanted) ?? made[0];
  const done = (name: string) => {
    setWanted(name);
    void cache.invalidateQueries({ queryKey: ["splits", project] });
  };
  return (
    <div className="flex flex-col gap-6 md:flex-row">
      <div className="flex shrink-0 flex-col md:w-72 gap-4">
        <SplitForm project={project} query={query} onMade={done} />
        <PastWork project={project} made={made} opened={opened} onOpen={setWanted} remove={remove} />
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
