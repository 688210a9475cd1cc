import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { MoreBelow } from "@/components/ui/more-below";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { groupsQuery, type CurationRun, type DuplicateGroup } from "@/features/curation/api/runs";
import { Card, Cards, type ImageLink } from "@/features/curation/components/card";
import { idOf } from "@/lib/api/client";
import { count, percent, time } from "@/lib/format";

const COPIES = "dup:near,exact";
const SHOWN = 23;

interface DuplicatesViewProps {
  project: string;
  run: CurationRun;
  imageLink: ImageLink;
  queryLink: ImageLink;
}

export function DuplicatesView({ project, run, imageLink, queryLink }: DuplicatesViewProps) {
  const { t } = useTranslation();
  const found = useInfiniteQuery(groupsQuery(project, idOf(run.name)));
  const groups = found.data?.pages.flatMap((page) => page.duplicateGroups ?? []) ?? [];
  const figures = { groups: count(run.groupCount), duplicates: count(run.duplicateCount), images: count(run.imageCount) };
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        <h2 className="font-semibold">{t("curation.duplicates")}</h2>
        <span className="text-quiet">{t("curation.grouped", figures)} · {time(run.updateTime)}</span>
        {(run.skippedCount ?? 0) > 0 && <span className="text-warn">{t("maps.skipped", { images: count(run.skippedCount) })}</span>}
        {groups.length > 0 && <Link {...queryLink(COPIES)} className="ml-auto text-accent underline">{t("curation.showQuery", { query: COPIES })}</Link>}
      </div>
      <ErrorNotice error={found.error} />
      {found.isSuccess && groups.length === 0 && <Empty title={t("curation.noDuplicates")}>{t("curation.noDuplicatesHint")}</Empty>}
      {groups.map((group) => <Group key={group.keeper} group={group} imageLink={imageLink} />)}
      {found.hasNextPage && <MoreBelow label={t("images.more")} isBusy={found.isFetching} onMore={() => void found.fetchNextPage()} />}
    </>
  );
}

function Group({ group, imageLink }: { group: DuplicateGroup; imageLink: ImageLink }) {
  const { t } = useTranslation();
  const members = group.members ?? [];
  const rest = (group.memberCount ?? 0) - Math.min(members.length, SHOWN);
  return (
    <section className="flex flex-col gap-2 rounded-lg border border-line p-3">
      <Cards label={t("curation.group", { name: group.keeperFileName })}>
        <Card image={group.keeper} name={group.keeperFileName} link={imageLink(idOf(group.keeper))} badge={t("curation.keep")}>{t("curation.keepHint")}</Card>
        {members.slice(0, SHOWN).map((member) => (
          <Card key={member.image} image={member.image} name={member.fileName} link={imageLink(idOf(member.image))}>
            {member.isExact ? t("curation.reasons.exact") : t("curation.reasons.near", { difference: percent(member.pixelDifference) })}
          </Card>
        ))}
      </Cards>
      {rest > 0 && <p className="text-sm text-quiet">{t("maps.moreImages", { images: count(rest) })}</p>}
    </section>
  );
}
