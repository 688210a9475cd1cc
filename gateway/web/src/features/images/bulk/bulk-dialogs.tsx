import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Select } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { modelChoicesQuery, projectChoicesQuery } from "@/features/images/api/choices";
import { useRights } from "@/lib/api/rights";
import { count } from "@/lib/format";

const EDITORS = new Set<string | undefined>(["PROJECT_ROLE_EDITOR", "PROJECT_ROLE_OWNER"]);

interface DialogProps {
  onClose: () => void;
}

export function CopyDialog({ project, onClose, onCopy }: DialogProps & { project: string; onCopy: (destination: string, move: boolean) => void }) {
  const { t } = useTranslation();
  const found = useQuery(projectChoicesQuery);
  const { mayEdit } = useRights(project);
  const others = (found.data?.projects ?? []).filter((each) => each.name !== `projects/${project}` && EDITORS.has(each.callerRole));
  const [chosen, setChosen] = useState("");
  const [isMove, setMove] = useState(false);
  const destination = chosen || (others[0]?.name ?? "");
  return (
    <Dialog isOpen title={t("images.copy")} description={t("images.copyHint")} onClose={onClose}>
      <ErrorNotice error={found.error} />
      <Select aria-label={t("images.destination")} value={destination} onChange={(event) => { setChosen(event.target.value); }}>
        {others.map((each) => <option key={each.name} value={each.name}>{each.displayName}</option>)}
      </Select>
      {found.isSuccess && others.length === 0 && <p className="text-quiet">{t("images.copyNowhere")}</p>}
      {mayEdit && <label className="flex items-center gap-2"><input type="checkbox" className="accent-accent" checked={isMove} onChange={(event) => { setMove(event.target.checked); }} />{t("images.move")}</label>}
      <Button look="primary" disabled={!destination} onClick={() => { onCopy(destination, isMove); }}>{t(isMove ? "images.moveStart" : "images.copyStart")}</Button>
    </Dialog>
  );
}

export function AnalyseDialog({ onClose, onAnalyse }: DialogProps & { onAnalyse: (model: string) => void }) {
  const { t } = useTranslation();
  const found = useQuery(modelChoicesQuery);
  const [model, setModel] = useState("");
  return (
    <Dialog isOpen title={t("images.analyse")} onClose={onClose}>
      <ErrorNotice error={found.error} />
      <Select aria-label={t("images.analyse")} value={model} onChange={(event) => { setModel(event.target.value); }}>
        <option value="">{t("images.analyseAgain")}</option>
        {(found.data?.models ?? []).map((each) => <option key={each.name} value={each.name}>{each.displayName}</option>)}
      </Select>
      <Button look="primary" onClick={() => { onAnalyse(model); }}>{t("images.analyse")}</Button>
    </Dialog>
  );
}

export function DeleteDialog({ total, onClose, onDelete }: DialogProps & { total: number; onDelete: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog isOpen title={t("images.deleteAll", { total: count(total) })} description={t("images.deleteHint")} onClose={onClose}>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        <Button look="danger" onClick={onDelete}>{t("images.delete")}</Button>
      </div>
    </Dialog>
  );
}
