import { Eye } from "lucide-react";
import { useTranslation } from "react-i18next";

/** In place of what somebody may not do: says why, and who can change it. */
export function OnlyLooks() {
  const { t } = useTranslation();
  return (
    <p className="flex gap-2 rounded-lg border border-line bg-surface p-4 text-sm text-quiet">
      <Eye className="mt-0.5 size-4 shrink-0" aria-hidden />
      {t("projects.onlyLooksHint")}
    </p>
  );
}
