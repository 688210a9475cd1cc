import { useInfiniteQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { MoreBelow } from "@/components/ui/more-below";
import { ErrorNotice, Skeleton } from "@/components/ui/notice";
import { leakageQuery, type LeakageWish } from "@/features/curation/api/splits";
import { Card, Cards, type ImageLink } from "@/features/curation/components/card";
import { idOf } from "@/lib/api/client";
import { count } from "@/lib/format";

const PARTS = ["train", "val", "test"] as const;
const SHOWN = 24;

/** Images of one part that show what an image of another one shows. Looked for once somebody asks. */
export function LeakageView({ project, wish, imageLink }: { project: string; wish: LeakageWish; imageLink: ImageLink }) {
  const { t } = useTranslation();
  const [isWanted, setWanted] = useState(false);
  return (
    <section aria-label={t("splits.leakage")} className="flex flex-col gap-3 border-t border-line pt-3">
      <h3 className="text-sm font-semibold">{t("splits.leakage")}</h3>
      {isWanted ? <Leakage project={project} wish={wish} imageLink={imageLink} /> : <Button className="self-start" onClick={() => { setWanted(true); }}>{t("splits.findLeakage")}</Button>}
    </section>
  );
}

function Leakage({ project, wish, imageLink }: { project: string; wish: LeakageWish; imageLink: ImageLink }) {
  const { t } = useTranslation();
  const found = useInfiniteQuery(leakageQuery(project, wish));
  const groups = found.data?.pages.flatMap((page) => page.groups ?? []) ?? [];
  const all = found.data?.pages[0];
  if (found.isPending) return <Skeleton className="h-24" />;
  return (
    <>
      <ErrorNotice error={found.error} />
      {all && groups.length === 0 && <p role="status" className="flex items-center gap-2 text-sm text-good"><ShieldCheck className="size-4" aria-hidden />{t("splits.noLeakage", { images: count(all.imageCount) })}</p>}
      {all && groups.length > 0 && <p role="status" className="text-sm text-danger">{t("splits.leaks", { leaking: count(all.leakingCount), images: count(all.imageCount), groups: count(all.groupCount) })}</p>}
      {(all?.unsearchedCount ?? 0) > 0 && <p className="text-sm text-warn">{t("splits.unsearched", { images: count(all?.unsearchedCount) })}</p>}
      {groups.map((group, number) => (
        <section key={group.members?.[0]?.image ?? number} className="rounded-lg border border-line p-3">
          <Cards label={t("splits.leakGroup", { number: count(number + 1) })}>
            {(group.members ?? []).slice(0, SHOWN).map((each) => (
              <Card key={each.image} image={each.image} name={each.fileName} link={imageLink(idOf(each.image))} badge={each.parts?.join(" + ")} />
            ))}
          </Cards>
        </section>
      ))}
      {found.hasNextPage && <MoreBelow label={t("images.more")} isBusy={found.isFetching} onMore={() => void found.fetchNextPage()} />}
    </>
  );
}

/** Looks for leaks in a split that came with the images, as tags or metadata. */
export function LeakageForm({ project, imageLink }: { project: string; imageLink: ImageLink }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [queries, setQueries] = useState({ train: "tag:train", val: "tag:val", test: "tag:test" });
  const [wish, setWish] = useState<LeakageWish>();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setWish({ parts: PARTS.map((part) => ({ displayName: part, query: queries[part].trim() })).filter((each) => each.query !== "") });
  };
  return (
    <>
      <Button onClick={() => { setOpen(true); }}>{t("splits.otherSplit")}</Button>
      <Dialog isWide title={t("splits.otherSplit")} isOpen={isOpen} onClose={() => { setOpen(false); }}>
        <form onSubmit={submit} className="flex flex-col gap-3 text-sm" aria-label={t("splits.otherSplit")}>
          <p className="text-quiet">{t("splits.otherHint")}</p>
          {PARTS.map((part) => (
            <Field key={part} label={t(`splits.parts.${part}`)} isCode value={queries[part]} onChange={(event) => { setQueries({ ...queries, [part]: event.target.value }); setWish(undefined); }} />
          ))}
          <Button type="submit" look="primary" className="self-start">{t("splits.findLeakage")}</Button>
          {wish && <Leakage project={project} wish={wish} imageLink={imageLink} />}
        </form>
      </Dialog>
    </>
  );
}
