import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ErrorNotice, Progress } from "@/components/ui/notice";
import { useBulk } from "@/features/images/bulk/bulk-work";

/** How far a change of many images is, and why one failed. */
export function BulkProgress({ project }: { project: string }) {
  const { t } = useTranslation();
  const bulk = useBulk(project);
  if (bulk.error) return <ErrorNotice error={bulk.error} />;
  if (bulk.fraction === undefined) return null;
  return (
    <div className="flex shrink-0 items-end gap-3">
      <div className="grow"><Progress value={bulk.fraction} label={bulk.phase || t("images.working")} /></div>
      <Button onClick={bulk.cancel}>{t("common.cancel")}</Button>
    </div>
  );
}
