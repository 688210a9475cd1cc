import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { Segmented } from "@/components/ui/segmented";
import { useDeleteWatch, useLook, useTestWebhook, useUpdateWatch, type DriftWatch } from "@/features/curation/api/drift-watch";
import { MailPeople } from "@/features/curation/components/mail-people";

const EVERY = 200;

/** Sets a watch up, changes and ends it. */
export function DriftWatchForm({ project, watch }: { project: string; watch: DriftWatch | null }) {
  const { t } = useTranslation();
  const update = useUpdateWatch(project);
  const [reference, setReference] = useState(watch?.reference ?? "tag:golden");
  const [groupBy, setGroupBy] = useState(watch?.groupBy ?? "");
  const [schedule, setSchedule] = useState<"day" | "images">(watch?.everyImages ? "images" : "day");
  const [every, setEvery] = useState(watch?.everyImages || EVERY);
  const [url, setUrl] = useState(watch?.webhookUrl ?? "");
  const [secret, setSecret] = useState("");
  const [people, setPeople] = useState(watch?.mailUsers ?? []);

  const submit = () => {
    const wish: DriftWatch = { reference: reference.trim(), groupBy: groupBy.trim(), everyImages: schedule === "day" ? 0 : every, webhookUrl: url.trim(), mailUsers: people };
    update.mutate(secret ? { ...wish, webhookSecret: secret } : wish, { onSuccess: () => { setSecret(""); } });
  };

  return (
    <div className="flex flex-col gap-4">
      <form className="flex flex-col gap-3" aria-label={t("drift.watch")} onSubmit={(event) => { event.preventDefault(); submit(); }}>
        <p className="text-sm text-quiet">{t("drift.watchHint")}</p>
        <Field label={t("drift.golden")} hint={t("drift.referenceHint")} isCode required value={reference} onChange={(event) => { setReference(event.target.value); }} />
        <Field label={t("drift.groupBy")} placeholder={t("drift.groupByAll")} isCode value={groupBy} onChange={(event) => { setGroupBy(event.target.value); }} />
        <div className="flex flex-col gap-1">
          <span className="text-sm font-medium">{t("drift.every")}</span>
          <Segmented label={t("drift.every")} value={schedule} onChange={setSchedule} options={[{ value: "day", label: t("drift.everyDay") }, { value: "images", label: t("drift.everyImages") }]} />
        </div>
        {schedule === "images" && <Field label={t("drift.images")} type="number" min={50} max={1_000_000} required value={every} onChange={(event) => { setEvery(event.target.valueAsNumber); }} />}
        <Field label={t("drift.webhook")} type="url" placeholder="https://…" hint={t("drift.webhookHint")} isCode value={url} onChange={(event) => { setUrl(event.target.value); }} />
        {url.trim() !== "" && (
          <Field label={t("drift.secret")} type="password" autoComplete="off" minLength={16} maxLength={200} placeholder={watch?.hasWebhookSecret ? t("drift.secretSet") : ""} hint={t("drift.secretHint")} value={secret} onChange={(event) => { setSecret(event.target.value); }} />
        )}
        <MailPeople people={people} onChange={setPeople} />
        <ErrorNotice error={update.error} />
        <Button type="submit" look="primary" disabled={update.isPending}>{watch ? t("drift.saved") : t("drift.save")}</Button>
      </form>
      {watch && <Acts project={project} watch={watch} />}
    </div>
  );
}

function Acts({ project, watch }: { project: string; watch: DriftWatch }) {
  const { t } = useTranslation();
  const look = useLook(project);
  const test = useTestWebhook(project);
  const end = useDeleteWatch(project);
  return (
    <div className="flex flex-wrap gap-2">
      <Button disabled={look.isPending} onClick={() => { look.mutate(); }}>{t("drift.look")}</Button>
      {(watch.webhookUrl || watch.mailUsers?.length) && <Button disabled={test.isPending} onClick={() => { test.mutate(); }}>{t("drift.test")}</Button>}
      <Button look="danger" disabled={end.isPending} onClick={() => { if (window.confirm(t("drift.endSure"))) end.mutate(); }}>{t("drift.end")}</Button>
      <ErrorNotice error={look.error ?? test.error ?? end.error} />
    </div>
  );
}
