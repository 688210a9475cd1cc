import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Empty, ErrorNotice, Progress } from "@/components/ui/notice";
import { exportsQuery, useCreateExport, type Content } from "@/features/exports/api/exports";
import { useOperation } from "@/lib/api/use-operation";
import { bytes, count, time } from "@/lib/format";

const CONTENTS = [
  "CONTENT_IMAGES", "CONTENT_CSV", "CONTENT_JSONL", "CONTENT_PARQUET",
  "CONTENT_COCO", "CONTENT_YOLO", "CONTENT_FEATURES", "CONTENT_MAPS",
] as const;

export function ExportsTab({ project, query }: { project: string; query: string }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const create = useCreateExport(project);
  const [text, setText] = useState(query);
  const [contents, setContents] = useState<Content[]>(["CONTENT_IMAGES", "CONTENT_CSV"]);
  const refresh = useCallback(() => { void cache.invalidateQueries({ queryKey: ["exports", project] }); }, [cache, project]);
  const work = useOperation(refresh);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    create.mutate({ query: text.trim(), contents }, { onSuccess: work.start });
  };
  const toggle = (content: Content) => {
    setContents(contents.includes(content) ? contents.filter((each) => each !== content) : [...contents, content]);
  };

  return (
    <section className="grid gap-6 lg:grid-cols-2" aria-label={t("tabs.results")}>
      <form onSubmit={submit} className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-6" aria-label={t("exports.title")}>
        <Field label={t("exports.query")} placeholder={t("maps.all")} isCode value={text} onChange={(event) => { setText(event.target.value); }} />
        <fieldset className="grid grid-cols-2 gap-2 text-sm">
          <legend className="mb-1 font-medium">{t("exports.contents")}</legend>
          {CONTENTS.map((content) => (
            <label key={content} className="flex gap-2">
              <input type="checkbox" checked={contents.includes(content)} onChange={() => { toggle(content); }} />
              {t(`exports.kinds.${content}`)}
            </label>
          ))}
        </fieldset>
        <ErrorNotice error={create.error ?? work.error} />
        {work.isRunning ? (
          <>
            <Progress value={work.fraction} label={work.phase} />
            <Button onClick={work.cancel}>{t("common.cancel")}</Button>
          </>
        ) : (
          <Button type="submit" look="primary" disabled={create.isPending || contents.length === 0}>{t("exports.create")}</Button>
        )}
      </form>
      <History project={project} />
    </section>
  );
}

function History({ project }: { project: string }) {
  const { t } = useTranslation();
  const found = useQuery(exportsQuery(project));
  const ready = (found.data?.exports ?? []).filter((each) => each.state === "STATE_SUCCEEDED");
  return (
    <div>
      <h2 className="mb-2 font-medium">{t("exports.history")}</h2>
      <ErrorNotice error={found.error} />
      {found.isSuccess && ready.length === 0 && <Empty title={t("exports.none")}>{t("exports.noneHint")}</Empty>}
      <ul className="flex flex-col gap-2">
        {ready.map((each) => (
          <li key={each.name} className="flex items-center justify-between gap-4 rounded-lg border border-line bg-surface p-3 text-sm">
            <span>
              {t("exports.images", { images: count(each.imageCount) })} · {time(each.createTime)}
              <span className="block text-xs text-quiet">{each.contents?.map((content) => (content === "CONTENT_UNSPECIFIED" ? "" : t(`exports.kinds.${content}`))).join(", ")}</span>
            </span>
            <a className="text-accent underline" href={`/v1/${each.name ?? ""}:download`} download="loupe-results.zip">{t("exports.download", { size: bytes(each.sizeBytes) })}</a>
          </li>
        ))}
      </ul>
    </div>
  );
}
