import { useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import { ClipboardCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { buttonLook } from "@/components/ui/button";
import { Empty, ErrorNotice, Skeleton } from "@/components/ui/notice";
import { cellQuery, evaluationQuery, PLAIN, type Evaluation } from "@/features/quality/api/evaluation";
import { Groups } from "@/features/quality/components/groups";
import type { CellLinks } from "@/features/quality/components/matrix";
import { MeasureForm } from "@/features/quality/components/measure-form";
import { MeasurementView } from "@/features/quality/components/measurement-view";
import { Verdicts } from "@/features/quality/components/verdicts";
import { count } from "@/lib/format";

export type Target = Pick<LinkProps, "to" | "params" | "search">;

interface QualityTabProps {
  project: string;
  query: string;
  /** Where the images that match a query are shown. */
  queryLink: (query: string) => Target;
  /** Where images are reviewed; undefined for whom it is not open. */
  reviewLink: Target | undefined;
}

/** How good the model is on the labelled images. */
export function QualityTab({ project, query, queryLink, reviewLink }: QualityTabProps) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState({ ...PLAIN, query });
  const found = useQuery(evaluationQuery(project, asked));
  return (
    <section className="flex flex-col gap-6 md:flex-row" aria-label={t("tabs.quality")}>
      <div className="shrink-0 md:w-64">
        <MeasureForm asked={asked} onAsk={setAsked} />
      </div>
      <div className={`flex min-w-0 flex-1 flex-col gap-5 ${found.isPlaceholderData ? "opacity-60" : ""}`} aria-busy={found.isFetching}>
        <ErrorNotice error={found.error} />
        {found.isPending && <Skeleton className="h-40" />}
        {found.data && <Measured evaluation={found.data} queryLink={queryLink} findQuery={(cell) => cellQuery(project, asked, cell)} reviewLink={reviewLink} />}
      </div>
    </section>
  );
}

type MeasuredProps = Omit<QualityTabProps, "project" | "query"> & Required<CellLinks> & { evaluation: Evaluation };

function Measured({ evaluation, queryLink, findQuery, reviewLink }: MeasuredProps) {
  const { t } = useTranslation();
  const { classes, boxes, groups = [], verdicts } = evaluation;
  const review = reviewLink && <Link {...reviewLink} className={buttonLook("primary")}>{t("quality.review")}</Link>;
  if (Number(evaluation.verifiedCount ?? 0) === 0) {
    return <Empty title={t("quality.nothing")} icon={ClipboardCheck}>{t("quality.nothingHint")}{review}</Empty>;
  }
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <div>
          <p className="font-medium">{t("quality.figures", { images: count(evaluation.imageCount), verified: count(evaluation.verifiedCount) })}</p>
          {Number(evaluation.unverifiedCount ?? 0) > 0 && <p className="text-warn">{t("quality.unverified", { images: count(evaluation.unverifiedCount) })}</p>}
          {Number(evaluation.unansweredCount ?? 0) > 0 && <p className="text-warn">{t("quality.unanswered", { images: count(evaluation.unansweredCount) })}</p>}
        </div>
        <span className="ml-auto">{review}</span>
      </div>
      {verdicts && <Verdicts verdicts={verdicts} queryLink={queryLink} />}
      {groups.map((each) => <Groups key={each.field} grouped={each} queryLink={queryLink} />)}
      {classes && <MeasurementView title={t("quality.classes")} measurement={classes} hasAp={false} queryLink={queryLink} />}
      {boxes && <MeasurementView title={t("quality.boxes")} measurement={boxes} hasAp queryLink={queryLink} findQuery={findQuery} />}
    </>
  );
}
