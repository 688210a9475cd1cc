import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Field } from "@/components/ui/field";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { driftQuery, type DriftGroup } from "@/features/curation/api/drift";
import type { ImageLink } from "@/features/curation/components/card";
import { ApiError } from "@/lib/api/errors";
import { count, percent } from "@/lib/format";

interface DriftPartProps {
  project: string;
  /** Where the images that match a query are shown. */
  queryLink: ImageLink;
}

/** Whether production still looks like the reference, in sentences. */
export function DriftPart({ project, queryLink }: DriftPartProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("day");
  const [groupBy, setGroupBy] = useState("day");
  const found = useQuery(driftQuery(project, groupBy));
  const isWithout = found.error instanceof ApiError && found.error.reason === "CURATION_RUN_NOT_READY";
  const groups = found.data?.driftGroups ?? [];
  return (
    <div className="flex flex-col gap-4">
      <form className="max-w-72" aria-label={t("drift.title")} onSubmit={(event) => { event.preventDefault(); setGroupBy(text.trim()); }}>
        <Field label={t("drift.by")} hint={t("drift.byHint")} isCode value={text} onChange={(event) => { setText(event.target.value); }} />
      </form>
      {isWithout && <Empty title={t("drift.none")}>{t("drift.noneHint")}</Empty>}
      {!isWithout && <ErrorNotice error={found.error} />}
      {found.data && <p className="text-sm text-quiet">{t("drift.reference", { images: count(found.data.referenceCount) })}</p>}
      <ul aria-label={t("drift.groups")} className="flex flex-col gap-2">
        {groups.map((each) => <Group key={each.value} group={each} queryLink={queryLink} />)}
      </ul>
    </div>
  );
}

const LOOKS = { VERDICT_RETRAIN: "border-danger", VERDICT_LOOK: "border-accent", VERDICT_QUIET: "border-line", VERDICT_UNSPECIFIED: "border-line" } as const;

function Group({ group, queryLink }: { group: DriftGroup; queryLink: ImageLink }) {
  const { t, i18n } = useTranslation();
  const verdict = group.verdict ?? "VERDICT_QUIET";
  return (
    <li className={`flex flex-col gap-1 rounded-lg border-l-4 bg-surface p-3 text-sm ${LOOKS[verdict]}`}>
      <p className={verdict === "VERDICT_QUIET" ? "" : "font-medium"}>{i18n.language.startsWith("ko") ? group.sentenceKo : group.sentence}</p>
      {verdict !== "VERDICT_QUIET" && (
        <p className="flex gap-3 text-quiet">
          {t("drift.figures", { unlike: percent(group.unlikeShare), unsure: percent(group.unsureShare), wrong: percent(group.wrongShare) })}
          <Link {...queryLink(group.query ?? "")} className="text-accent hover:underline">{t("curation.showImages")}</Link>
        </p>
      )}
    </li>
  );
}
