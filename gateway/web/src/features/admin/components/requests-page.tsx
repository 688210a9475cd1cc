import { useInfiniteQuery } from "@tanstack/react-query";
import { UserCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { MoreBelow } from "@/components/ui/more-below";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { membershipRequestsQuery, useDecide } from "@/features/admin/api/departments";
import { time } from "@/lib/format";

/** Who wants to belong to which department. */
export function RequestsPage() {
  const { t } = useTranslation();
  const found = useInfiniteQuery(membershipRequestsQuery);
  const decide = useDecide();
  const requests = found.data?.pages.flatMap((page) => page.membershipRequests ?? []) ?? [];
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-3">
      <ErrorNotice error={found.error ?? decide.error} />
      {found.isSuccess && requests.length === 0 && <Empty title={t("admin.noRequests")} icon={UserCheck}>{t("admin.noRequestsHint")}</Empty>}
      <ul className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface empty:hidden" aria-label={t("admin.parts.requests")}>
        {requests.map((each) => (
          <li key={each.name} className="flex items-center gap-2 px-3 py-2">
            <span className="min-w-0 flex-1">
              <span className="block truncate">{each.userDisplayName} <span className="text-quiet">{t("admin.asksFor", { department: each.departmentDisplayName })}</span></span>
              <span className="block truncate text-xs text-quiet">{each.userEmail} · {time(each.createTime)}</span>
            </span>
            <Button look="primary" disabled={decide.isPending} onClick={() => { decide.mutate({ name: each.name ?? "", isApproved: true }); }}>{t("admin.approve")}</Button>
            <Button disabled={decide.isPending} onClick={() => { decide.mutate({ name: each.name ?? "", isApproved: false }); }}>{t("admin.decline")}</Button>
          </li>
        ))}
      </ul>
      {found.hasNextPage && <MoreBelow label={t("admin.more")} isBusy={found.isFetchingNextPage} onMore={() => void found.fetchNextPage()} />}
    </div>
  );
}
