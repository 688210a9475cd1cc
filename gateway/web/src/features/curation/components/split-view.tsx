import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { MoreBelow } from "@/components/ui/more-below";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { splitImagesQuery, useTagSplit, type Part, type Split } from "@/features/curation/api/splits";
import { Card, Cards, type ImageLink } from "@/features/curation/components/card";
import { LeakageView } from "@/features/curation/components/leakage-view";
import { idOf } from "@/lib/api/client";
import { useRights } from "@/lib/api/rights";
import { useOperation } from "@/lib/api/use-operation";
import { count, percent } from "@/lib/format";

export const PART_NAMES = { SPLIT_PART_TRAIN: "train", SPLIT_PART_VAL: "val", SPLIT_PART_TEST: "test" } as const satisfies Record<Part, string>;
const COLOURS = { SPLIT_PART_TRAIN: "bg-accent", SPLIT_PART_VAL: "bg-warn", SPLIT_PART_TEST: "bg-good" } as const satisfies Record<Part, string>;

interface SplitViewProps {
  project: string;
  split: Split;
  imageLink: ImageLink;
  queryLink: ImageLink;
  download: (split: string) => ReactNode;
}

export function SplitView({ project, split, imageLink, queryLink, download }: SplitViewProps) {
  const { t } = useTranslation();
  const [part, setPart] = useState<Part>("SPLIT_PART_TRAIN");
  const { mayEdit } = useRights(project);
  const parts = (split.parts ?? []).flatMap((each) => (isPart(each.part) ? [{ part: each.part, images: each.imageCount ?? 0 }] : []));
  const total = parts.reduce((sum, each) => sum + each.images, 0);
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        <h2 className="font-semibold">{split.displayName}</h2>
        <span className="text-quiet">{t("splits.figures", { images: count(total), groups: count(split.groupCount) })}</span>
        <span className="ml-auto flex items-center gap-3">
          {download(split.name ?? "")}
          <a className="text-accent underline" href={`/v1/${split.name ?? ""}:manifest`} download="loupe-split.json">{t("curation.manifest")}</a>
        </span>
      </div>
      {split.unsearchedCount ? (
        <p className="text-sm text-warn">{t("splits.unsearched", { images: count(split.unsearchedCount) })}</p>
      ) : (
        <p className="text-sm text-quiet">{t("splits.searchedAll")}</p>
      )}
      <div className="flex h-2 overflow-hidden rounded-full bg-sunken" aria-hidden>
        {parts.map((each) => <span key={each.part} className={COLOURS[each.part]} style={{ width: `${String((100 * each.images) / Math.max(total, 1))}%` }} />)}
      </div>
      <div role="group" aria-label={t("splits.part")} className="flex flex-wrap gap-2">
        {parts.map((each) => (
          <Button key={each.part} aria-pressed={each.part === part} onClick={() => { setPart(each.part); }}>
            <span className={`size-2 rounded-full ${COLOURS[each.part]}`} aria-hidden />
            {t(`splits.parts.${PART_NAMES[each.part]}`)}
            <span className="text-quiet tabular-nums">{count(each.images)} · {percent(each.images / Math.max(total, 1))}</span>
          </Button>
        ))}
      </div>
      {mayEdit && <TagPart key={part} project={project} split={idOf(split.name)} part={part} queryLink={queryLink} />}
      <Images key={`images ${part}`} project={project} split={idOf(split.name)} part={part} imageLink={imageLink} />
      <LeakageView project={project} wish={{ split: split.name ?? "" }} imageLink={imageLink} />
    </>
  );
}

function isPart(part: string | undefined): part is Part {
  return part !== undefined && part in PART_NAMES;
}

function Images({ project, split, part, imageLink }: { project: string; split: string; part: Part; imageLink: ImageLink }) {
  const { t, i18n } = useTranslation();
  const found = useInfiniteQuery(splitImagesQuery(project, split, part));
  const images = found.data?.pages.flatMap((page) => page.splitImages ?? []) ?? [];
  return (
    <>
      <ErrorNotice error={found.error} />
      {found.isSuccess && images.length === 0 && <Empty title={t("curation.nothingLeft")} />}
      <Cards label={t(`splits.parts.${PART_NAMES[part]}`)}>
        {images.map((each) => (
          <Card key={each.image} image={each.image} name={each.fileName} link={imageLink(idOf(each.image))} {...(each.stratum ? { badge: each.stratum } : {})}>
            {i18n.language.startsWith("ko") ? each.reasonKo : each.reason}
          </Card>
        ))}
      </Cards>
      {found.hasNextPage && <MoreBelow label={t("images.more")} isBusy={found.isFetching} onMore={() => void found.fetchNextPage()} />}
    </>
  );
}

function TagPart({ project, split, part, queryLink }: { project: string; split: string; part: Part; queryLink: ImageLink }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const ask = useTagSplit(project, split);
  const [isDone, setDone] = useState(false);
  const work = useOperation(() => {
    setDone(true);
    void cache.invalidateQueries({ queryKey: ["images", project] });
  });
  const tag = `split:${PART_NAMES[part]}`;
  return (
    <div className="flex flex-wrap items-center gap-2 text-sm">
      <Button disabled={ask.isPending || work.isRunning} onClick={() => { setDone(false); ask.mutate(part, { onSuccess: work.start }); }}>{t("splits.tag", { tag })}</Button>
      <ErrorNotice error={ask.error ?? work.error} />
      {isDone && (
        <span role="status" className="text-good">
          {t("curation.tagged", { tag })} <Link {...queryLink(`tag:${JSON.stringify(tag)}`)} className="text-accent underline">{t("curation.showImages")}</Link>
        </span>
      )}
    </div>
  );
}
