import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorNotice } from "@/components/ui/notice";
import { useTransferProject } from "@/features/projects/api/projects";
import { PrincipalSearch } from "@/features/projects/components/principal-search";

/** Gives a project to another owner; the one before stays as editor. */
export function TransferProject({ project }: { project: string }) {
  const { t } = useTranslation();
  const transfer = useTransferProject(project);
  const [chosen, setChosen] = useState<{ principal: string; name: string } | null>(null);
  const close = () => { setChosen(null); };
  return (
    <div className="flex flex-col gap-3">
      <p className="text-quiet">{t("projects.settings.transferHint")}</p>
      <PrincipalSearch label={t("projects.settings.newOwner")} isPeopleOnly onChoose={(principal, name) => { setChosen({ principal, name }); }} />
      <ErrorNotice error={transfer.error} />
      <Dialog title={t("projects.settings.transferAsk", { name: chosen?.name })} description={t("projects.settings.transferHint")} isOpen={chosen !== null} onClose={close}>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{t("common.cancel")}</Button>
          <Button look="primary" onClick={() => { transfer.mutate(chosen?.principal ?? ""); close(); }}>{t("projects.settings.transfer")}</Button>
        </div>
      </Dialog>
    </div>
  );
}
