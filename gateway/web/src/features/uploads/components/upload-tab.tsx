import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ErrorNotice, Progress } from "@/components/ui/notice";
import { Notices } from "@/features/uploads/components/notices";
import { useDropZone } from "@/features/uploads/components/use-drop-zone";
import { useUpload, type Upload } from "@/features/uploads/components/use-upload";
import { bytes, count } from "@/lib/format";

export function UploadTab({ project }: { project: string }) {
  const { t } = useTranslation();
  const [upload, start] = useUpload(project);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const isBusy = upload.phase === "sending";
  const isOver = useDropZone((dropped) => { if (!isBusy) start(dropped); });

  return (
    <section className="flex flex-col gap-4" aria-label={t("tabs.upload")}>
      <div className={`flex flex-col items-center gap-4 rounded-xl border-2 border-dashed bg-surface p-12 text-center ${isOver ? "border-accent" : "border-line"}`}>
        <p>{t("upload.drop")}</p>
        <div className="flex gap-2">
          <Button look="primary" disabled={isBusy} onClick={() => files.current?.click()}>{t("upload.choose")}</Button>
          <Button disabled={isBusy} onClick={() => folder.current?.click()}>{t("upload.chooseFolder")}</Button>
        </div>
        <input ref={files} type="file" multiple hidden aria-label={t("upload.choose")} onChange={(event) => { start([...(event.target.files ?? [])]); event.target.value = ""; }} />
        <input ref={folder} type="file" multiple hidden aria-label={t("upload.chooseFolder")} {...{ webkitdirectory: "" }} onChange={(event) => { start([...(event.target.files ?? [])]); event.target.value = ""; }} />
        <p className="text-xs text-quiet">{t("upload.emptyHint")}</p>
      </div>
      <UploadState upload={upload} />
      {upload.batch && <Notices project={project} batch={upload.batch} />}
    </section>
  );
}

function UploadState({ upload }: { upload: Upload }) {
  const { t } = useTranslation();
  const counts = upload.batch?.imageCounts;
  const total = Number(counts?.total ?? 0);
  const waiting = Number(upload.batch?.waitingCount ?? 0);
  const done = Number(counts?.analysed ?? 0) + Number(counts?.failed ?? 0);

  if (upload.error) return <ErrorNotice error={upload.error} />;
  if (upload.phase === "sending") {
    const label = t("upload.sending", { sent: bytes(upload.sent), total: bytes(upload.total) });
    return <Progress value={upload.total ? upload.sent / upload.total : 0} label={label} />;
  }
  if (upload.phase === "analysing") {
    const label = t("upload.analysing", { done: count(done), total: count(total + waiting) });
    return <Progress value={total + waiting ? done / (total + waiting) : 0} label={label} />;
  }
  if (upload.phase === "done") {
    const texts = {
      images: count(total),
      duplicates: count(upload.batch?.duplicateCount),
      refused: count(upload.batch?.refusedCount),
      failed: count(counts?.failed),
    };
    return <p role="status" className="text-good">{t("upload.done", texts)}</p>;
  }
  return null;
}
