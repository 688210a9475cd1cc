import { Pause, Play, RotateCcw, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { ErrorNotice, Progress } from "@/components/ui/notice";
import { FileList } from "@/features/uploads/components/file-list";
import { Notices } from "@/features/uploads/components/notices";
import { dismissUpload, pauseUpload, resumeUpload, type Upload } from "@/features/uploads/components/uploads";
import { useUploadProgress } from "@/features/uploads/components/use-upload-progress";

/** One upload: how far it is, what became of each file, what can be done about it. */
export function UploadCard({ upload }: { upload: Upload }) {
  const { t } = useTranslation();
  const { share, label, summary, isGood } = useUploadProgress(upload);
  const isOver = upload.phase === "done" || upload.phase === "stopped";
  return (
    <Card className="flex flex-col gap-3 p-4">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          {upload.phase === "done" ? <p role="status" className={isGood ? "text-good" : "text-warn"}>{summary}</p> : <Progress value={share} label={label} />}
        </div>
        {upload.phase === "sending" && <Button icon={Pause} onClick={() => { pauseUpload(upload.id); }}>{t("upload.pause")}</Button>}
        {upload.phase === "paused" && <Button icon={Play} onClick={() => { resumeUpload(upload.id); }}>{t("upload.resume")}</Button>}
        {(upload.phase === "waiting" || upload.phase === "stopped") && <Button icon={RotateCcw} onClick={() => { resumeUpload(upload.id); }}>{t("upload.retry")}</Button>}
        <IconButton label={t(isOver ? "upload.dismiss" : "upload.stop")} icon={X} onClick={() => { dismissUpload(upload.id); }} />
      </div>
      <ErrorNotice error={upload.error} />
      {upload.tables.length > 0 && <p className="text-xs text-quiet">{t("upload.tables", { names: upload.tables.slice(0, 5).join(", ") })}</p>}
      <FileList files={upload.files} />
      {upload.batch && <Notices project={upload.project} batch={upload.batch} />}
    </Card>
  );
}
