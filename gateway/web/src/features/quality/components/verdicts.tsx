import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Card } from "@/components/ui/card";
import type { Rate, VerdictRates } from "@/features/quality/api/evaluation";
import type { Target } from "@/features/quality/components/quality-tab";
import { between } from "@/features/quality/components/rate-text";
import { count, percent } from "@/lib/format";

/** Overkill and escape, the two numbers that a plant pays for. */
export function Verdicts({ verdicts, queryLink }: { verdicts: VerdictRates; queryLink: (query: string) => Target }) {
  const { t } = useTranslation();
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Figure title={t("quality.overkill")} hint={t("quality.overkillHint")} rate={verdicts.overkill} link={verdicts.overkillQuery ? queryLink(verdicts.overkillQuery) : undefined} />
      <Figure title={t("quality.escape")} hint={t("quality.escapeHint")} rate={verdicts.escape} link={verdicts.escapeQuery ? queryLink(verdicts.escapeQuery) : undefined} />
    </div>
  );
}

interface FigureProps {
  title: string;
  hint: string;
  rate: Rate | undefined;
  link: Target | undefined;
}

function Figure({ title, hint, rate, link }: FigureProps) {
  const { t } = useTranslation();
  const total = Number(rate?.total ?? 0);
  return (
    <Card className="flex flex-col gap-2 p-4">
      <h2 className="font-semibold">{title}</h2>
      <p className="text-quiet">{hint}</p>
      {total === 0 ? <p className="text-quiet">{t("quality.noRate")}</p> : (
        <>
          <p className="flex flex-wrap items-baseline gap-x-3 tabular-nums">
            <span className="text-2xl font-semibold">{percent(rate?.value)}</span>
            <span>{t("quality.counted", { count: count(rate?.count), total: count(rate?.total) })}</span>
          </p>
          <Interval rate={rate} />
        </>
      )}
      {link && Number(rate?.count ?? 0) > 0 && <Link {...link} className="self-start text-accent underline">{t("quality.show")}</Link>}
    </Card>
  );
}

/** Where the true rate probably is, on a line from 0 to 1. */
function Interval({ rate }: { rate: Rate | undefined }) {
  const { t } = useTranslation();
  const low = rate?.low ?? 0;
  const high = rate?.high ?? 1;
  return (
    <div title={t("quality.betweenHint")}>
      <div className="relative h-1.5 rounded-full bg-sunken" aria-hidden>
        <div className="absolute inset-y-0 rounded-full bg-accent/35" style={{ left: `${low * 100}%`, width: `${Math.max((high - low) * 100, 0.5)}%` }} />
        <div className="absolute -inset-y-0.5 w-0.5 bg-accent" style={{ left: `${(rate?.value ?? 0) * 100}%` }} />
      </div>
      <p className="mt-1 text-xs text-quiet tabular-nums">{between(rate, t)}</p>
    </div>
  );
}
