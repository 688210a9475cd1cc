import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState, type ReactNode, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button, buttonLook } from "@/components/ui/button";
import { ErrorNotice, Progress } from "@/components/ui/notice";
import { useCreateExport, type Content, type Images } from "@/features/exports/api/exports";
import { useOperation } from "@/lib/api/use-operation";

export const CONTENTS = [
  "CONTENT_IMAGES", "CONTENT_CSV", "CONTENT_JSONL", "CONTENT_PARQUET",
  "CONTENT_LABELS", "CONTENT_COCO", "CONTENT_YOLO", "CONTENT_VOC", "CONTENT_IMAGE_FOLDER", "CONTENT_FEATURES", "CONTENT_MAPS",
] as const satisfies readonly Content[];

interface ExportFormProps {
  project: string;
  images: Images;
  /** Above the formats, such as a field for the query. */
  children?: ReactNode;
}

/** Chooses formats, gathers them into a zip while one watches, and hands it out. */
export function ExportForm({ project, images, children }: ExportFormProps) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const create = useCreateExport(project);
  const [contents, setContents] = useState<Content[]>(["CONTENT_IMAGES", "CONTENT_CSV"]);
  const [made, setMade] = useState("");
  const finish = useCallback((operation: { response?: unknown }) => {
    setMade((operation.response as { name?: string } | undefined)?.name ?? "");
    void cache.invalidateQueries({ queryKey: ["exports", project] });
  }, [cache, project]);
  const work = useOperation(finish);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setMade("");
    create.mutate({ images, contents }, { onSuccess: (operation) => { if (operation.done) finish(operation); else work.start(operation); } });
  };
  const toggle = (content: Content) => {
    setContents(contents.includes(content) ? contents.filter((each) => each !== content) : [...contents, content]);
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-4" aria-label={t("exports.title")}>
      {children}
      <fieldset>
        <legend className="mb-1.5 font-medium">{t("exports.contents")}</legend>
        <div className="grid gap-1 sm:grid-cols-2">
          {CONTENTS.map((content) => (
            <label key={content} className="flex cursor-pointer gap-2.5 rounded-md border border-line p-2 hover:border-edge has-checked:border-accent has-checked:bg-accent-soft">
              <input type="checkbox" className="mt-0.5 accent-accent" checked={contents.includes(content)} onChange={() => { toggle(content); }} aria-label={t(`exports.kinds.${content}`)} />
              <span>
                <span className="block font-medium">{t(`exports.kinds.${content}`)}</span>
                <span className="block text-xs text-quiet">{t(`exports.hints.${content}`)}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <ErrorNotice error={create.error ?? work.error} />
      {work.isRunning ? (
        <div className="flex items-end gap-3">
          <div className="grow"><Progress value={work.fraction} label={work.phase || t("images.working")} /></div>
          <Button onClick={work.cancel}>{t("common.cancel")}</Button>
        </div>
      ) : (
        <div className="flex items-center justify-end gap-2">
          {made !== "" && <a className={buttonLook()} href={`/v1/${made}:download`} download="loupe-results.zip">{t("exports.save")}</a>}
          <Button type="submit" look="primary" disabled={create.isPending || contents.length === 0}>{t("exports.create")}</Button>
        </div>
      )}
    </form>
  );
}
