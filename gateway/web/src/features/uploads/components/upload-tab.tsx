import { useQueryClient } from "@tanstack/react-query";
import { UploadCloud } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { ImportCard } from "@/features/uploads/components/import-card";
import { UploadCard } from "@/features/uploads/components/upload-card";
import { startUpload, useUploads } from "@/features/uploads/components/uploads";
import { useDropZone } from "@/features/uploads/components/use-drop-zone";

/** Where files are dropped, and what became of those before. */
export function UploadTab({ project }: { project: string }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const uploads = useUploads().filter((each) => each.project === project);
  const start = (chosen: File[]) => {
    startUpload(project, chosen, () => {
      void cache.invalidateQueries({ queryKey: ["projects"] });
      void cache.invalidateQueries({ queryKey: ["images", project] });
    });
  };
  const isOver = useDropZone(start);

  return (
    <section className="mx-auto flex w-full max-w-5xl flex-col gap-4" aria-label={t("tabs.upload")}>
      <div className={`flex flex-col items-center gap-4 rounded-xl border-2 border-dashed bg-surface px-6 py-12 text-center ${isOver ? "border-accent bg-accent-soft" : "border-edge"}`}>
        <UploadCloud className="size-8 text-quiet" strokeWidth={1.25} aria-hidden />
        <p className="max-w-prose">{t("upload.drop")}</p>
        <div className="flex gap-2">
          <Button look="primary" onClick={() => files.current?.click()}>{t("upload.choose")}</Button>
          <Button onClick={() => folder.current?.click()}>{t("upload.chooseFolder")}</Button>
        </div>
        <input ref={files} type="file" multiple hidden aria-label={t("upload.choose")} onChange={(event) => { start([...(event.target.files ?? [])]); event.target.value = ""; }} />
        <input ref={folder} type="file" multiple hidden aria-label={t("upload.chooseFolder")} {...{ webkitdirectory: "" }} onChange={(event) => { start([...(event.target.files ?? [])]); event.target.value = ""; }} />
        <p className="max-w-prose text-xs text-quiet">{t("upload.emptyHint")}</p>
      </div>
      <ImportCard project={project} />
      {uploads.map((upload) => <UploadCard key={upload.id} upload={upload} />)}
    </section>
  );
}
