import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Card } from "@/components/ui/card";
import { Scroll } from "@/components/ui/scroll";
import type { Measurement } from "@/features/quality/api/evaluation";
import { Matrix, type CellLinks } from "@/features/quality/components/matrix";
import { RateText } from "@/features/quality/components/rate-text";
import { HEAD, NUMBER, TABLE } from "@/features/quality/components/table";
import { count, decimal } from "@/lib/format";

interface MeasurementViewProps extends CellLinks {
  title: string;
  measurement: Measurement;
  /** Whether there is an average precision: of boxes alone. */
  hasAp: boolean;
}

/** Precision, recall and confusions of images or of boxes. */
export function MeasurementView({ title, measurement, hasAp, ...links }: MeasurementViewProps) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <Card className="flex flex-col gap-4 p-4">
      <div className="flex flex-wrap items-end gap-x-8 gap-y-2">
        <h2 id={id} className="font-semibold">{title}</h2>
        <Overall name={t("quality.precision")}><RateText rate={measurement.precision} /></Overall>
        <Overall name={t("quality.recall")}><RateText rate={measurement.recall} /></Overall>
        <Overall name={t("quality.f1")}>{decimal(measurement.f1 ?? 0, 3)}</Overall>
        <Overall name={t("quality.macroF1")}>{decimal(measurement.macroF1 ?? 0, 3)}</Overall>
        {hasAp && <Overall name={t("quality.meanAp")}>{decimal(measurement.meanAveragePrecision ?? 0, 3)}</Overall>}
      </div>
      <div className="flex flex-wrap gap-x-8 gap-y-4">
        <Matrix title={title} measurement={measurement} {...links} />
        <Scroll label={title} className="min-w-0">
          <table className={TABLE} aria-labelledby={id}>
            <thead>
              <tr>
                <th scope="col" className={HEAD}>{t("quality.class")}</th>
                <th scope="col" className={`${HEAD} text-right`}>{t("quality.labels")}</th>
                <th scope="col" className={`${HEAD} text-right`}>{t("quality.predictions")}</th>
                <th scope="col" className={HEAD}>{t("quality.precision")}</th>
                <th scope="col" className={HEAD}>{t("quality.recall")}</th>
                <th scope="col" className={`${HEAD} text-right`}>{t("quality.f1")}</th>
                {hasAp && <th scope="col" className={`${HEAD} text-right`}>{t("quality.ap")}</th>}
              </tr>
            </thead>
            <tbody>
              {(measurement.classes ?? []).map((each) => (
                <tr key={each.label} className="border-t border-line">
                  <th scope="row" className="py-1.5 pr-4 text-left font-medium">{each.label}</th>
                  <td className={NUMBER}>{count(each.labelCount)}</td>
                  <td className={NUMBER}>{count(each.predictionCount)}</td>
                  <td className="pr-4"><RateText rate={each.precision} /></td>
                  <td className="pr-4"><RateText rate={each.recall} /></td>
                  <td className={NUMBER}>{decimal(each.f1 ?? 0, 3)}</td>
                  {hasAp && <td className={NUMBER}>{decimal(each.averagePrecision ?? 0, 3)}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </div>
      {measurement.truncated && <p className="text-quiet">{t("quality.truncated")}</p>}
    </Card>
  );
}

function Overall({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-col">
      <span className="text-xs text-quiet">{name}</span>
      <span className="font-medium tabular-nums">{children}</span>
    </div>
  );
}
