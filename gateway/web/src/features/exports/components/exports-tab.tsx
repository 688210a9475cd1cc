import { useQuery } from "@tanstack/react-query";
import { Download, PackageOpen, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { buttonLook, IconButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field } from "@/components/ui/field";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { exportsQuery, useDeleteExport, type Content } from "@/features/exports/api/exports";
import { CONTENTS, ExportForm } from "@/features/exports/components/export-form";
import { idOf } from "@/lib/api/client";
import { bytes, count, time } from "@/lib/format";

export function ExportsTab({ project, query }: { project: string; query: string }) {
  const { t } = useTranslation();
  const [text, setText] = useState(query);
  return (
    <section className="mx-auto grid w-full max-w-6xl gap-6 lg:grid-cols-2" aria-label={t("tabs.results")}>
      <Card className="self-start p-5">
        <ExportForm project={project} images={{ selector: { query: text.trim() } }}>
          <Field label={t("exports.query")} placeholder={t("maps.all")} isCode value={text} onChange={(event) => { setText(event.target.value); }} />
        </ExportForm>
      </Card>
      <History project={project} />
    </section>
  );
}

function History({ project }: { project: string }) {
  const { t } = useTranslation();
  const found = useQuery(exportsQuery(project));
  const remove = useDeleteExport(project);
  // A newer server may know more formats than this page.
  const nameOf = (content: Content) => { const known = CONTENTS.find((each) => each === content); return known ? t(`exports.kinds.${known}`) : content; };
  const ready = (found.data?.exports ?? []).filter((each) => each.state === "STATE_SUCCEEDED");
  return (
    <div>
      <h2 className="mb-2 font-medium">{t("exports.history")}</h2>
      <ErrorNotice error={found.error ?? remove.error} />
      {found.isSuccess && ready.length === 0 && <Empty title={t("exports.none")} icon={PackageOpen}>{t("exports.noneHint")}</Empty>}
      <ul className="flex flex-col gap-2">
        {ready.map((each) => (
          <li key={each.name} className="flex items-center gap-3 rounded-lg border border-line bg-surface p-3">
            <span className="min-w-0 grow">
              {t("exports.images", { images: count(each.imageCount) })} · {time(each.createTime)}
              <span className="block truncate text-xs text-quiet">{each.contents?.map((content) => nameOf(content)).join(", ")}</span>
            </span>
            <a className={buttonLook()} href={`/v1/${each.name ?? ""}:download`} download="loupe-results.zip"><Download className="size-4" aria-hidden />{t("exports.download", { size: bytes(each.sizeBytes) })}</a>
            <IconButton label={t("exports.delete", { time: time(each.createTime) })} icon={Trash2} onClick={() => { remove.mutate(idOf(each.name)); }} />
          </li>
        ))}
      </ul>
    </div>
  );
}
