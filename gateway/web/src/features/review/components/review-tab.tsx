import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CheckCheck } from "lucide-react";
import { useCallback, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Empty, ErrorNotice, Skeleton } from "@/components/ui/notice";
import { showToast } from "@/components/ui/toast";
import { ORDERS, progressQuery, type Asked, type ReviewedImage } from "@/features/review/api/review";
import { ReviewForm } from "@/features/review/components/review-form";
import { Stage } from "@/features/review/components/stage";
import { useQueue } from "@/features/review/components/use-queue";
import { ApiError } from "@/lib/api/errors";
import { count } from "@/lib/format";
import { faultText } from "@/lib/i18n/fault-text";

interface ReviewTabProps {
  project: string;
  query: string;
  /** What is drawn over the picture of an image: the boxes that were found. */
  overlay: (image: ReviewedImage) => ReactNode;
}

/** One image after the other, by keyboard: is the prediction right? */
export function ReviewTab({ project, query, overlay }: ReviewTabProps) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Asked>({ query, order: ORDERS[0], includeLabelled: false });
  return (
    <section className="flex min-h-0 flex-1 flex-col gap-3" aria-label={t("tabs.review")}>
      <div className="flex flex-wrap items-end gap-x-6 gap-y-2">
        <ReviewForm asked={asked} onAsk={setAsked} />
        <Progress project={project} asked={asked} />
      </div>
      <Reviewing key={JSON.stringify(asked)} project={project} asked={asked} overlay={overlay} />
    </section>
  );
}

function Progress({ project, asked }: { project: string; asked: Asked }) {
  const { t } = useTranslation();
  const { data } = useQuery(progressQuery(project, asked));
  if (!data) return null;
  const done = Number(data.reviewedCount ?? 0);
  const all = Number(data.imageCount ?? 0);
  const text = t("review.progress", { reviewed: count(done), images: count(all), left: count(data.leftCount), mine: count(data.mineCount) });
  return (
    <div className="ml-auto flex flex-col items-end gap-1">
      <span role="status" className="text-xs text-quiet tabular-nums">{text}</span>
      <div className="h-1.5 w-48 overflow-hidden rounded-full bg-sunken" aria-hidden>
        <div className="h-full bg-accent" style={{ width: `${(100 * done) / Math.max(all, 1)}%` }} />
      </div>
    </div>
  );
}

function Reviewing({ project, asked, overlay }: { project: string; asked: Asked; overlay: ReviewTabProps["overlay"] }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const onSaved = useCallback(() => { void cache.invalidateQueries({ queryKey: ["reviewProgress", project] }); }, [cache, project]);
  const onFailed = useCallback((image: ReviewedImage, error: Error, reopen: () => void) => {
    showToast(t("review.notSaved", { name: image.fileName, why: faultText(error) }), { label: t("review.back"), run: reopen });
  }, [t]);
  const queue = useQueue(project, asked, onSaved, onFailed);
  const hasNone = useQuery(progressQuery(project, asked)).data?.imageCount === "0";

  if (queue.error instanceof ApiError && queue.error.status === 403) return <Empty title={t("tabs.review")} icon={CheckCheck}>{t("review.mayNot")}</Empty>;
  if (queue.error && !queue.item) return <ErrorNotice error={queue.error} />;
  if (queue.isWaiting) return <Skeleton className="min-h-80 grow" />;
  if (!queue.item?.image && hasNone) return <Empty title={t("images.none")} icon={CheckCheck}>{t("review.noneHint")}</Empty>;
  if (!queue.item?.image) {
    return (
      <Empty title={t("review.done")} icon={CheckCheck}>
        {t("review.doneHint")}
        <span className="flex gap-2">
          <Button disabled={queue.isAtStart} onClick={queue.back}>{t("review.back")}</Button>
          <Button look="primary" onClick={queue.again}>{t("review.again")}</Button>
        </span>
      </Empty>
    );
  }
  return <Stage project={project} item={queue.item} image={queue.item.image} next={queue.next?.image} said={queue.said} isFirst={queue.isAtStart} overlay={overlay} onSay={queue.say} onBack={queue.back} />;
}
