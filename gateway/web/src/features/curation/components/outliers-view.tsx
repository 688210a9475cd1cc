import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { MoreBelow } from "@/components/ui/more-below";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { outliersQuery, type CurationRun, type Outlier } from "@/features/curation/api/runs";
import { Card, Cards, type ImageLink } from "@/features/curation/components/card";
import { idOf } from "@/lib/api/client";
import { count, decimal, percent, time } from "@/lib/format";

const ODD = "outlier>0.95";

interface OutliersViewProps {
  project: string;
  run: CurationRun;
  imageLink: ImageLink;
  queryLink: ImageLink;
}

export function OutliersView({ project, run, imageLink, queryLink }: OutliersViewProps) {
  const { t } = useTranslation();
  const found = useInfiniteQuery(outliersQuery(project, idOf(run.name)));
  const outliers = found.data?.pages.flatMap((page) => page.outliers ?? []) ?? [];
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        <h2 className="font-semibold">{t("curation.outliers")}</h2>
        <span className="text-quiet">{t("curation.scored", { images: count(run.imageCount) })} · {time(run.updateTime)}</span>
        {(run.skippedCount ?? 0) > 0 && <span className="text-warn">{t("maps.skipped", { images: count(run.skippedCount) })}</span>}
        <Link {...queryLink(ODD)} className="ml-auto text-accent underline">{t("curation.showQuery", { query: ODD })}</Link>
      </div>
      <ErrorNotice error={found.error} />
      {found.isSuccess && outliers.length === 0 && <Empty title={t("curation.nothingLeft")} />}
      <Cards label={t("curation.outliers")}>
        {outliers.map((outlier) => (
          <Card key={outlier.image} image={outlier.image} name={outlier.fileName} link={imageLink(idOf(outlier.image))} badge={percent(outlier.score)}>
            <Reason outlier={outlier} usual={run.medianDistance ?? 0} />
          </Card>
        ))}
      </Cards>
      {found.hasNextPage && <MoreBelow label={t("images.more")} isBusy={found.isFetching} onMore={() => void found.fetchNextPage()} />}
    </>
  );
}

function Reason({ outlier, usual }: { outlier: Outlier; usual: number }) {
  const { t } = useTranslation();
  const distance = outlier.meanDistance ?? 0;
  if (usual === 0) return t("curation.reasons.distance", { distance: decimal(distance, 3) });
  return t("curation.reasons.outlier", { distance: decimal(distance, 3), times: decimal(distance / usual, 1) });
}
