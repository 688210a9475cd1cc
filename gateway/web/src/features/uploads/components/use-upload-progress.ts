import { useTranslation } from "react-i18next";
import type { Upload } from "@/features/uploads/components/uploads";
import { bytes, count } from "@/lib/format";

/** How far an upload is, as a share in [0, 1] and in words; `isGood`: nothing was refused or failed. */
export function useUploadProgress({ phase, sent, total, batch, files }: Upload): { share: number; label: string; summary: string; isGood: boolean } {
  const { t } = useTranslation();
  const counts = batch?.imageCounts;
  const images = Number(counts?.total ?? 0);
  const waiting = Number(batch?.waitingCount ?? 0);
  const analysed = Number(counts?.analysed ?? 0) + Number(counts?.failed ?? 0);
  const texts = { sent: bytes(sent), total: bytes(total) };
  const summary = t("upload.done", {
    images: count(images), duplicates: count(batch?.duplicateCount), refused: count(batch?.refusedCount), failed: count(counts?.failed),
  });
  const isGood = Number(batch?.refusedCount ?? 0) + Number(counts?.failed ?? 0) === 0;
  if (phase === "analysing" || phase === "done") {
    const all = images + waiting;
    return { share: all > 0 ? analysed / all : 1, label: t("upload.analysing", { done: count(analysed), total: count(all) }), summary, isGood };
  }
  const share = total > 0 ? sent / total : 0;
  if (phase === "sending") return { share, label: t("upload.sending", texts), summary, isGood };
  return { share, label: `${t(`upload.phases.${phase}`, { files: count(files.length) })} ${t("upload.sentSoFar", texts)}`, summary, isGood };
}
