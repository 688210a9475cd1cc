import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Select } from "@/components/ui/field";
import { ErrorNotice, Progress } from "@/components/ui/notice";
import { Segmented } from "@/components/ui/segmented";
import { showToast } from "@/components/ui/toast";
import { importFile, undoImport, type ImportKind, type ImportReport, type ImportWish, type Operation } from "@/features/uploads/api/import-file";
import { useOperation } from "@/lib/api/use-operation";
import { bytes, count } from "@/lib/format";
import { faultText } from "@/lib/i18n/fault-text";

const KEYS = { labels: ["KEY_FILE_NAME", "KEY_SHA256", "KEY_ID"], metadata: ["KEY_FILE_NAME", "KEY_SHA256", "KEY_SERIAL"] } as const;
const FAULTS_SHOWN = 100;

/** Labels or metadata for images that are in the project already. */
export function ImportCard({ project }: { project: string }) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<ImportKind>("labels");
  const [key, setKey] = useState<string>("KEY_FILE_NAME");
  const [replace, setReplace] = useState(false);
  const [applyGoodRows, setGood] = useState(false);
  const [file, setFile] = useState<File>();
  const input = useRef<HTMLInputElement>(null);
  const { report, sent, error, isBusy, fraction, run } = useImport(project);
  const start = (validateOnly: boolean) => {
    if (file) run(file, { kind, key, replace, applyGoodRows, validateOnly });
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    start(false);
  };
  return (
    <Card className="flex flex-col gap-3 p-4">
      <div>
        <h2 className="font-semibold">{t("upload.import.title")}</h2>
        <p className="text-xs text-quiet">{t(`upload.import.hints.${kind}`)}</p>
      </div>
      <form onSubmit={submit} className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Segmented
          label={t("upload.import.what")}
          value={kind}
          options={[{ value: "labels", label: t("upload.kinds.labels") }, { value: "metadata", label: t("upload.kinds.metadata") }]}
          onChange={(chosen) => { setKind(chosen); setKey("KEY_FILE_NAME"); }}
        />
        {/* The browser's own button speaks the browser's language. */}
        <span className="flex min-w-0 items-center gap-2">
          <Button onClick={() => { input.current?.click(); }}>{t("upload.import.file")}</Button>
          <input ref={input} type="file" aria-label={t("upload.import.file")} className="sr-only" tabIndex={-1} onChange={(event) => { setFile(event.target.files?.[0]); }} />
          <span className="truncate text-quiet">{file?.name}</span>
        </span>
        <Select aria-label={t("upload.import.key")} value={key} onChange={(event) => { setKey(event.target.value); }}>
          {KEYS[kind].map((each) => <option key={each} value={each}>{t(`upload.import.keys.${each}`)}</option>)}
        </Select>
        {kind === "labels" && <Check label={t("upload.import.replace")} isOn={replace} onChange={setReplace} />}
        <Check label={t("upload.import.good")} isOn={applyGoodRows} onChange={setGood} />
        <span className="ml-auto flex gap-2">
          <Button disabled={!file || isBusy} onClick={() => { start(true); }}>{t("upload.import.check")}</Button>
          <Button type="submit" look="primary" disabled={!file || isBusy}>{t("upload.import.start")}</Button>
        </span>
      </form>
      <ErrorNotice error={error} />
      {isBusy && file && <Progress value={sent < file.size ? sent / file.size : fraction} label={sent < file.size ? t("upload.sending", { sent: bytes(sent), total: bytes(file.size) }) : t("upload.import.reading")} />}
      {report && <Report report={report} />}
    </Card>
  );
}

/** Sends a file and follows what becomes of it. */
function useImport(project: string) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const [sent, setSent] = useState(0);
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const [report, setReport] = useState<ImportReport>();
  const refresh = useCallback(() => void cache.invalidateQueries({ queryKey: ["images", project] }), [cache, project]);
  const finish = useCallback((operation: Operation) => {
    const found = operation.response as ImportReport | undefined;
    setReport(found);
    if (!found?.applied) return;
    refresh();
    const name = operation.name ?? "";
    showToast(t("upload.import.applied", { images: count(found.imageCount) }), {
      label: t("upload.import.undo"),
      run: () => { undoImport(name).then(refresh, setError); },
    });
  }, [refresh, t]);
  const { start, isRunning, fraction, error: failed } = useOperation(finish);
  const run = (file: File, wish: ImportWish) => {
    setReport(undefined);
    setError(null);
    setSent(0);
    setSending(true);
    importFile(project, file, wish, setSent).answer.then(start, setError).finally(() => { setSending(false); });
  };
  return { report, sent, error: error ?? failed, isBusy: isSending || isRunning, fraction, run };
}

function Check({ label, isOn, onChange }: { label: string; isOn: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <label className="flex items-center gap-2">
      <input type="checkbox" className="accent-accent" checked={isOn} onChange={(event) => { onChange(event.target.checked); }} />
      {label}
    </label>
  );
}

function Report({ report }: { report: ImportReport }) {
  const { t } = useTranslation();
  const faults = (report.faults ?? []).slice(0, FAULTS_SHOWN);
  const figures = { images: count(report.imageCount), refused: count(report.refusedCount) };
  return (
    <div role="status" className="flex flex-col gap-2">
      <p className="font-medium">{report.applied ? t("upload.import.done", figures) : t("upload.import.notDone", figures)}</p>
      {faults.length > 0 && (
        <ul className="max-h-64 overflow-y-auto rounded-md bg-sunken px-3 py-2 text-xs" aria-label={t("upload.import.faults")}>
          {faults.map((each, place) => <li key={place}>{faultText(each.status)}</li>)}
        </ul>
      )}
    </div>
  );
}
