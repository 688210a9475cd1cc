import { useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue, useState, type InputHTMLAttributes } from "react";
import { useTranslation } from "react-i18next";
import { buttonLook } from "@/components/ui/button";
import { Badge } from "@/components/ui/card";
import { Input, Select } from "@/components/ui/field";
import { MoreBelow } from "@/components/ui/more-below";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { auditQuery, exportLink, type AuditFilter } from "@/features/admin/api/audit";
import { Table } from "@/features/admin/components/table";
import { time } from "@/lib/format";

const NO_FILTER: AuditFilter = { action: "", actor: "", clientAddress: "", outcome: "", begin: "", end: "" };

/** Who did what, when, from where, and with which result. */
export function AuditPage() {
  const { t } = useTranslation();
  const [filter, setFilter] = useState(NO_FILTER);
  const found = useInfiniteQuery(auditQuery(useDeferredValue(filter)));
  const events = found.data?.pages.flatMap((page) => page.auditEvents ?? []) ?? [];
  const field = (name: keyof AuditFilter): InputHTMLAttributes<HTMLInputElement> => ({
    value: filter[name],
    onChange: (event) => { setFilter({ ...filter, [name]: event.target.value }); },
  });
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <Input aria-label={t("admin.action")} placeholder={t("admin.action")} className="w-72" {...field("action")} />
        <Input aria-label={t("admin.actor")} placeholder={t("admin.actor")} className="w-52" {...field("actor")} />
        <Input aria-label={t("admin.address")} placeholder={t("admin.address")} className="w-36" {...field("clientAddress")} />
        <Select aria-label={t("admin.outcome")} value={filter.outcome} onChange={(event) => { setFilter({ ...filter, outcome: event.target.value as AuditFilter["outcome"] }); }}>
          <option value="">{t("admin.anyOutcome")}</option>
          <option value="OUTCOME_SUCCEEDED">{t("admin.outcomes.OUTCOME_SUCCEEDED")}</option>
          <option value="OUTCOME_REFUSED">{t("admin.outcomes.OUTCOME_REFUSED")}</option>
        </Select>
        <label className="flex items-center gap-1 text-quiet">{t("admin.begin")}<Input type="date" {...field("begin")} /></label>
        <label className="flex items-center gap-1 text-quiet">{t("admin.end")}<Input type="date" {...field("end")} /></label>
        <a className={buttonLook()} href={exportLink(filter, "FORMAT_CSV")} download>{t("admin.csv")}</a>
        <a className={buttonLook()} href={exportLink(filter, "FORMAT_JSONL")} download>{t("admin.jsonl")}</a>
      </div>
      <ErrorNotice error={found.error} />
      {found.isSuccess && events.length === 0 ? <Empty title={t("admin.noEvents")} /> : (
        <Table label={t("admin.parts.audit")} heads={[t("admin.when"), t("admin.who"), t("admin.what"), t("admin.target"), t("admin.outcome"), t("admin.from"), t("admin.details")]}>
          {events.map((event) => (
            <tr key={event.name} className="align-top">
              <td className="px-3 py-1.5 text-xs whitespace-nowrap text-quiet">{time(event.createTime)}</td>
              <td className="px-3 py-1.5" title={event.actor}>{event.actorDisplayName || event.actor}</td>
              <td className="px-3 py-1.5 font-mono text-xs">{event.action}</td>
              <td className="max-w-56 truncate px-3 py-1.5 font-mono text-xs" title={event.target}>{event.target}</td>
              <td className="px-3 py-1.5">{event.outcome === "OUTCOME_REFUSED" ? <Badge tone="danger">{t("admin.outcomes.OUTCOME_REFUSED")}</Badge> : <Badge tone="good">{t("admin.outcomes.OUTCOME_SUCCEEDED")}</Badge>}</td>
              <td className="px-3 py-1.5 text-xs text-quiet">{event.clientAddress}</td>
              <td className="max-w-80 px-3 py-1.5 text-xs break-words text-quiet">{[event.reason, ...Object.entries(event.details ?? {}).map(([name, value]) => `${name}: ${value}`)].filter(Boolean).join(" · ")}</td>
            </tr>
          ))}
        </Table>
      )}
      {found.hasNextPage && <MoreBelow label={t("admin.more")} isBusy={found.isFetchingNextPage} onMore={() => void found.fetchNextPage()} />}
    </div>
  );
}
