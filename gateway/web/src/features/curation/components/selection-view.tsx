import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { MoreBelow } from "@/components/ui/more-below";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { picksQuery, useTagSelection, type Pick, type Selection } from "@/features/curation/api/selections";
import { Card, Cards, type ImageLink } from "@/features/curation/components/card";
import { idOf } from "@/lib/api/client";
import { useOperation } from "@/lib/api/use-operation";
import { useRights } from "@/lib/api/rights";
import { count, percent } from "@/lib/format";

interface SelectionViewProps {
  project: string;
  selection: Selection;
  imageLink: ImageLink;
  queryLink: ImageLink;
}

export function SelectionView({ project, selection, imageLink, queryLink }: SelectionViewProps) {
  const { t } = useTranslation();
  const found = useInfiniteQuery(picksQuery(project, idOf(selection.name)));
  const picks = found.data?.pages.flatMap((page) => page.picks ?? []) ?? [];
  const { mayEdit } = useRights(project);
  const figures = { picks: count(selection.pickCount), candidates: count(selection.candidateCount), coverage: percent(selection.coverage) };
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        <h2 className="font-semibold">{selection.displayName}</h2>
        <span className="text-quiet">{t(`curation.strategies.${selection.strategy ?? "STRATEGY_UNSPECIFIED"}`)} · {t("curation.figures", figures)}</span>
        {(selection.skippedCount ?? 0) > 0 && <span className="text-warn">{t("maps.skipped", { images: count(selection.skippedCount) })}</span>}
        <a className="ml-auto text-accent underline" href={`/v1/${selection.name ?? ""}:manifest`} download="loupe-selection.json">{t("curation.manifest")}</a>
      </div>
      {mayEdit && <TagPicks project={project} selection={idOf(selection.name)} queryLink={queryLink} />}
      <ErrorNotice error={found.error} />
      {found.isSuccess && picks.length === 0 && <Empty title={t("curation.nothingLeft")} />}
      <Cards label={t("curation.picks")}>
        {picks.map((pick) => (
          <Card key={pick.rank} image={pick.image} name={pick.fileName} link={imageLink(idOf(pick.image))} badge={pick.rank}>
            <Reason pick={pick} strategy={selection.strategy} />
          </Card>
        ))}
      </Cards>
      {found.hasNextPage && <MoreBelow label={t("images.more")} isBusy={found.isFetching} onMore={() => void found.fetchNextPage()} />}
    </>
  );
}

function Reason({ pick, strategy }: { pick: Pick; strategy: Selection["strategy"] }) {
  const { t } = useTranslation();
  const values = { images: count(pick.representedCount), margin: percent(pick.margin) };
  if (strategy === "STRATEGY_UNCERTAINTY") return t("curation.reasons.uncertainty", values);
  return t(strategy === "STRATEGY_CLUSTERS" ? "curation.reasons.clusters" : "curation.reasons.coverage", values);
}

function TagPicks({ project, selection, queryLink }: { project: string; selection: string; queryLink: ImageLink }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const ask = useTagSelection(project, selection);
  const [tag, setTag] = useState("");
  const [done, setDone] = useState("");
  const work = useOperation(() => {
    setDone(tag.trim());
    void cache.invalidateQueries({ queryKey: ["images", project] });
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setDone("");
    ask.mutate(tag.trim(), { onSuccess: work.start });
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-center gap-2 text-sm" aria-label={t("curation.tagPicks")}>
      <input aria-label={t("images.tag")} placeholder={t("images.tag")} required maxLength={100} className="rounded-md border border-line bg-surface px-2 py-1" value={tag} onChange={(event) => { setTag(event.target.value); }} />
      <Button type="submit" disabled={tag.trim() === "" || ask.isPending || work.isRunning}>{t("curation.tagPicks")}</Button>
      <ErrorNotice error={ask.error ?? work.error} />
      {done && (
        <span role="status" className="text-good">
          {t("curation.tagged", { tag: done })} <Link {...queryLink(`tag:${JSON.stringify(done)}`)} className="text-accent underline">{t("curation.showImages")}</Link>
        </span>
      )}
    </form>
  );
}
