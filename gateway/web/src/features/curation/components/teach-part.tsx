import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field } from "@/components/ui/field";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { OnlyLooks } from "@/components/ui/only-looks";
import { headsQuery, useTeachHead } from "@/features/curation/api/heads";
import type { ImageLink } from "@/features/curation/components/card";
import { HeadView } from "@/features/curation/components/head-view";
import { WorkForm } from "@/features/curation/components/work-form";
import { useRights } from "@/lib/api/rights";
import { useOperation } from "@/lib/api/use-operation";

interface TeachPartProps {
  project: string;
  /** Where the images that match a query are shown. */
  queryLink: ImageLink;
}

/** Teaches a project's own classes, and shows what came of it. */
export function TeachPart({ project, queryLink }: TeachPartProps) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const found = useQuery(headsQuery(project));
  const heads = found.data?.heads ?? [];
  const { mayEdit, onlyLooks } = useRights(project);
  return (
    <div className="flex flex-col gap-6 md:flex-row">
      <div className="shrink-0 md:w-72">
        {mayEdit && <TeachForm project={project} name={heads[0]?.headName ?? ""} key={heads[0]?.headName} onDone={() => { void cache.invalidateQueries({ queryKey: ["heads", project] }); }} />}
        {onlyLooks && <OnlyLooks />}
      </div>
      <div className="flex min-w-0 flex-1 flex-col gap-3">
        <ErrorNotice error={found.error} />
        {found.isSuccess && heads.length === 0 && <Empty title={t("teach.none")}>{t("teach.noneHint")}</Empty>}
        {heads.map((each) => <HeadView key={each.name} project={project} head={each} queryLink={queryLink} />)}
      </div>
    </div>
  );
}

function TeachForm({ project, name, onDone }: { project: string; name: string; onDone: () => void }) {
  const { t } = useTranslation();
  const teach = useTeachHead(project);
  const [headName, setHeadName] = useState(name);
  const [query, setQuery] = useState("");
  const [features, setFeatures] = useState("");
  const work = useOperation(onDone);

  const submit = () => {
    const among = query.trim() ? { selector: { query: query.trim() } } : {};
    teach.mutate({ headName: headName.trim(), featureSource: features.trim(), ...among }, { onSuccess: work.start });
  };

  return (
    <WorkForm label={t("teach.teach")} hint={t("teach.hint")} work={work} isAsking={teach.isPending} error={teach.error} onSubmit={submit}>
      <Field label={t("teach.name")} placeholder="solder" required pattern="[a-z][a-z0-9\-]{0,39}" hint={t("teach.nameHint")} isCode value={headName} onChange={(event) => { setHeadName(event.target.value); }} />
      <Field label={t("teach.labels")} placeholder={t("teach.allLabels")} isCode value={query} onChange={(event) => { setQuery(event.target.value); }} />
      <Field label={t("curation.features")} placeholder={t("curation.featuresDefault")} isCode value={features} onChange={(event) => { setFeatures(event.target.value); }} />
    </WorkForm>
  );
}
