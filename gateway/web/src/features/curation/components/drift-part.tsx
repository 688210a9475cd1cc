import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field } from "@/components/ui/field";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { OnlyLooks } from "@/components/ui/only-looks";
import { driftQuery } from "@/features/curation/api/drift";
import { watchQuery } from "@/features/curation/api/drift-watch";
import type { ImageLink } from "@/features/curation/components/card";
import { DriftGroupLine } from "@/features/curation/components/drift-group-line";
import { DriftHistory } from "@/features/curation/components/drift-history";
import { DriftWatchForm } from "@/features/curation/components/drift-watch-form";
import { ApiError } from "@/lib/api/errors";
import { useRights } from "@/lib/api/rights";
import { count } from "@/lib/format";

interface DriftPartProps {
  project: string;
  /** Where the images that match a query are shown. */
  queryLink: ImageLink;
}

/** Whether production still looks like a reference: watched by itself, or compared once. */
export function DriftPart({ project, queryLink }: DriftPartProps) {
  const { t } = useTranslation();
  const { mayEdit, onlyLooks } = useRights(project);
  const found = useQuery(watchQuery(project));
  const watch = found.data;
  return (
    <div className="flex flex-col gap-8">
      <div className="flex flex-col gap-6 md:flex-row">
        <div className="flex shrink-0 flex-col md:w-72 gap-3">
          <ErrorNotice error={found.error} />
          {mayEdit && watch !== undefined && <DriftWatchForm key={watch?.createTime} project={project} watch={watch} />}
          {onlyLooks && <OnlyLooks />}
        </div>
        {watch && <DriftHistory project={project} watch={watch} queryLink={queryLink} />}
        {watch === null && <div className="flex-1"><Empty title={t("drift.notWatched")}>{t("drift.notWatchedHint")}</Empty></div>}
      </div>
      <Once project={project} queryLink={queryLink} />
    </div>
  );
}

/** The newest outlier scores beside their reference, in sentences. */
function Once({ project, queryLink }: DriftPartProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("day");
  const [groupBy, setGroupBy] = useState("day");
  const found = useQuery(driftQuery(project, groupBy));
  const isWithout = found.error instanceof ApiError && found.error.reason === "CURATION_RUN_NOT_READY";
  const groups = found.data?.driftGroups ?? [];
  return (
    <section className="flex flex-col gap-4 border-t border-line pt-6" aria-label={t("drift.once")}>
      <h2 className="text-base font-medium">{t("drift.once")}</h2>
      <form className="max-w-72" aria-label={t("drift.title")} onSubmit={(event) => { event.preventDefault(); setGroupBy(text.trim()); }}>
        <Field label={t("drift.by")} hint={t("drift.byHint")} isCode value={text} onChange={(event) => { setText(event.target.value); }} />
      </form>
      {isWithout && <Empty title={t("drift.none")}>{t("drift.noneHint")}</Empty>}
      {!isWithout && <ErrorNotice error={found.error} />}
      {found.data && <p className="text-sm text-quiet">{t("drift.reference", { images: count(found.data.referenceCount) })}</p>}
      <ul aria-label={t("drift.groups")} className="flex flex-col gap-2">
        {groups.map((each) => <DriftGroupLine key={each.value} group={each} queryLink={queryLink} />)}
      </ul>
    </section>
  );
}
