import { Link } from "@tanstack/react-router";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { Card } from "@/components/ui/card";
import { Scroll } from "@/components/ui/scroll";
import type { GroupedRates } from "@/features/quality/api/evaluation";
import type { Target } from "@/features/quality/components/quality-tab";
import { RateText } from "@/features/quality/components/rate-text";
import { HEAD, NUMBER, TABLE } from "@/features/quality/components/table";
import { count } from "@/lib/format";

/** Overkill and escape by the values of one field. */
export function Groups({ grouped, queryLink }: { grouped: GroupedRates; queryLink: (query: string) => Target }) {
  const { t, i18n } = useTranslation();
  const id = useId();
  const field = grouped.field ?? "";
  const name = i18n.exists(`quality.fields.${field}`) ? t(`quality.fields.${field}` as "quality.fields.line") : field;
  return (
    <Card className="p-4">
      <h2 id={id} className="mb-2 font-semibold">{t("quality.groups", { field: name })}</h2>
      <Scroll label={t("quality.groups", { field: name })}>
        <table className={TABLE} aria-labelledby={id}>
          <thead>
            <tr>
              <th scope="col" className={HEAD}>{name}</th>
              <th scope="col" className={`${HEAD} text-right`}>{t("quality.images")}</th>
              <th scope="col" className={`${HEAD} text-right`}>{t("quality.judged")}</th>
              <th scope="col" className={HEAD}>{t("quality.overkill")}</th>
              <th scope="col" className={HEAD}>{t("quality.escape")}</th>
            </tr>
          </thead>
          <tbody>
            {(grouped.groups ?? []).map((each) => (
              <tr key={each.value} className="border-t border-line">
                <th scope="row" className="py-1.5 pr-4 text-left font-medium">
                  {each.query ? <Link {...queryLink(each.query)} className="text-accent underline">{each.value || t("quality.unset")}</Link> : each.value || t("quality.unset")}
                </th>
                <td className={NUMBER}>{count(each.imageCount)}</td>
                <td className={NUMBER}>{count(each.verifiedCount)}</td>
                <td className="pr-4"><RateText rate={each.verdicts?.overkill} /></td>
                <td><RateText rate={each.verdicts?.escape} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {grouped.truncated && <p className="mt-2 text-quiet">{t("quality.truncatedGroups")}</p>}
    </Card>
  );
}
