import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { DriftGroup } from "@/features/curation/api/drift";
import type { ImageLink } from "@/features/curation/components/card";
import { percent } from "@/lib/format";

const LOOKS = { VERDICT_RETRAIN: "border-danger", VERDICT_LOOK: "border-accent", VERDICT_QUIET: "border-line", VERDICT_UNSPECIFIED: "border-line" } as const;

/** What a group is beside the reference, in a sentence; a conspicuous one opens its images. */
export function DriftGroupLine({ group, queryLink }: { group: DriftGroup; queryLink: ImageLink }) {
  const { t, i18n } = useTranslation();
  const verdict = group.verdict ?? "VERDICT_QUIET";
  return (
    <li className={`flex flex-col gap-1 rounded-lg border-l-4 bg-surface p-3 text-sm ${LOOKS[verdict]}`}>
      <p className={verdict === "VERDICT_QUIET" ? "" : "font-medium"}>{i18n.language.startsWith("ko") ? group.sentenceKo : group.sentence}</p>
      {verdict !== "VERDICT_QUIET" && (
        <p className="flex flex-wrap gap-3 text-quiet">
          {t("drift.figures", { unlike: percent(group.unlikeShare), unsure: percent(group.unsureShare), wrong: percent(group.wrongShare) })}
          <Link {...queryLink(group.query ?? "")} className="text-accent hover:underline">{t("curation.showImages")}</Link>
        </p>
      )}
    </li>
  );
}
