import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Select } from "@/components/ui/field";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { alertsQuery, pointsQuery, type DriftAlert, type DriftWatch } from "@/features/curation/api/drift-watch";
import type { ImageLink } from "@/features/curation/components/card";
import { DriftChart } from "@/features/curation/components/drift-chart";
import { DriftGroupLine } from "@/features/curation/components/drift-group-line";
import { chartOf, MEASURES, type Measure } from "@/features/curation/components/drift-series";
import { time } from "@/lib/format";

const MOST_SENTENCES = 10;

interface DriftHistoryProps {
  project: string;
  watch: DriftWatch;
  queryLink: ImageLink;
}

/** What the looks of a watch found over time, in a chart and in sentences, and who was told. */
export function DriftHistory({ project, watch, queryLink }: DriftHistoryProps) {
  const { t } = useTranslation();
  const [measure, setMeasure] = useState<Measure>("unlike");
  const found = useQuery(pointsQuery(project, watch.lookTime ?? ""));
  const points = found.data?.driftPoints ?? [];
  const conspicuous = points.filter((each) => each.group?.verdict === "VERDICT_LOOK" || each.group?.verdict === "VERDICT_RETRAIN");
  const measures = MEASURES.filter((each) => chartOf(points, each).series.length > 0);
  const shown = measures.includes(measure) ? measure : (measures[0] ?? measure);
  const times = { time: time(watch.lookTime), next: time(watch.nextLookTime) };
  return (
    <section className="flex min-w-0 flex-1 flex-col gap-4" aria-label={t("drift.history")}>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-sm text-quiet">{watch.lookTime ? t("drift.lookTime", times) : t("drift.notYet", times)}</p>
        {measures.length > 0 && (
          <Select aria-label={t("drift.measure")} value={shown} onChange={(event) => { setMeasure(event.target.value as Measure); }}>
            {measures.map((each) => <option key={each} value={each}>{t(`drift.measures.${each}`)}</option>)}
          </Select>
        )}
      </div>
      {watch.problem && <p role="status" className="rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">{t("drift.problem", { problem: watch.problem })}</p>}
      <ErrorNotice error={found.error} />
      {found.isSuccess && measures.length === 0 && <Empty title={t("drift.noHistory")}>{t("drift.noHistoryHint")}</Empty>}
      {measures.length > 0 && <DriftChart chart={chartOf(points, shown)} measure={shown} queryLink={queryLink} />}
      {conspicuous.length > 0 && (
        <ul aria-label={t("drift.conspicuous")} className="flex flex-col gap-2">
          {conspicuous.slice(0, MOST_SENTENCES).map((each) => (
            <DriftGroupLine key={`${each.date ?? ""} ${each.group?.value ?? ""} ${each.lookTime ?? ""}`} group={each.group ?? {}} queryLink={queryLink} />
          ))}
        </ul>
      )}
      <Alerts project={project} />
    </section>
  );
}

function Alerts({ project }: { project: string }) {
  const { t } = useTranslation();
  const found = useQuery(alertsQuery(project));
  const alerts = found.data?.driftAlerts ?? [];
  return (
    <div className="flex flex-col gap-2">
      <h3 className="text-sm font-medium">{t("drift.alerts")}</h3>
      <ErrorNotice error={found.error} />
      {found.isSuccess && alerts.length === 0 && <p className="text-sm text-quiet">{t("drift.noAlerts")}</p>}
      <ul aria-label={t("drift.alerts")} className="flex flex-col divide-y divide-line">
        {alerts.map((each) => <Alert key={each.id} alert={each} />)}
      </ul>
    </div>
  );
}

function Alert({ alert }: { alert: DriftAlert }) {
  const { t, i18n } = useTranslation();
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 py-2 text-sm">
      <span className="text-quiet tabular-nums">{time(alert.createTime)}</span>
      <span className="min-w-0 flex-1">
        {alert.isTest && <span className="mr-2 rounded bg-sunken px-1.5 py-0.5 text-xs">{t("drift.testAlert")}</span>}
        {i18n.language.startsWith("ko") ? alert.sentenceKo : alert.sentence}
      </span>
      <Delivery way={t("drift.webhook")} delivery={alert} />
      <Delivery way={t("drift.mailWay")} delivery={alert.mail ?? {}} />
      {isKept(alert) && isKept(alert.mail) && <span className="text-quiet">{t("drift.states.STATE_KEPT")}</span>}
    </li>
  );
}

function isKept(delivery: DriftAlert["mail"]) {
  return delivery?.state === "STATE_KEPT";
}

function Delivery({ way, delivery }: { way: string; delivery: NonNullable<DriftAlert["mail"]> }) {
  const { t } = useTranslation();
  const { state = "STATE_UNSPECIFIED", attemptCount = 0, answer } = delivery;
  if (isKept(delivery) || state === "STATE_UNSPECIFIED") return null;
  return (
    <span className={state === "STATE_FAILED" ? "text-danger" : "text-quiet"}>
      {way}: {t(`drift.states.${state}`)}
      {answer && ` (${t("drift.tries", { tries: attemptCount, answer })})`}
    </span>
  );
}
