import { useTranslation } from "react-i18next";
import type { Rate } from "@/features/quality/api/evaluation";
import { count, percent } from "@/lib/format";

/** A rate with what it was counted from and its interval, so that one of two does not look like a half. */
export function RateText({ rate }: { rate: Rate | undefined }) {
  const { t } = useTranslation();
  if (Number(rate?.total ?? 0) === 0) return <span className="text-quiet">–</span>;
  return (
    <span className="inline-flex flex-col leading-tight whitespace-nowrap tabular-nums">
      <span className="font-medium">{percent(rate?.value)}</span>
      <span className="text-2xs text-quiet" title={t("quality.betweenHint")}>
        {t("quality.counted", { count: count(rate?.count), total: count(rate?.total) })} · {between(rate, t)}
      </span>
    </span>
  );
}

/** The interval of a rate. */
export function between(rate: Rate | undefined, t: ReturnType<typeof useTranslation>["t"]): string {
  return t("quality.between", { low: percent(rate?.low), high: percent(rate?.high) });
}
