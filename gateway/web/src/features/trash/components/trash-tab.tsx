import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Empty, ErrorNotice, Progress, Skeleton } from "@/components/ui/notice";
import { showToast } from "@/components/ui/toast";
import { trashQuery, usePurge, useRestore, type DeletedImage, type TrashSelector } from "@/features/trash/api/trash";
import { Deletion } from "@/features/trash/components/deletion";
import { useOperation } from "@/lib/api/use-operation";
import { ApiError } from "@/lib/api/errors";
import { count } from "@/lib/format";

/** Deleted images, for as long as they can come back. */
export function TrashTab({ project }: { project: string }) {
  const { t } = useTranslation();
  const found = useInfiniteQuery(trashQuery(project));
  const work = useWork(project);
  const [asksToEmpty, setAsksToEmpty] = useState(false);
  const total = found.data?.pages[0]?.totalSize ?? "0";
  const images = found.data?.pages.flatMap((page) => page.deletedImages ?? []) ?? [];

  if (found.error instanceof ApiError && found.error.status === 403) return <Empty title={t("trash.title")} icon={Trash2}>{t("trash.mayNot")}</Empty>;
  return (
    <section className="mx-auto flex w-full max-w-4xl flex-col gap-4" aria-label={t("trash.title")}>
      <ErrorNotice error={found.error ?? work.error} />
      {found.isPending && <Skeleton className="h-32" />}
      {found.isSuccess && images.length === 0 && <Empty title={t("trash.empty")} icon={Trash2}>{t("trash.emptyHint")}</Empty>}
      {images.length > 0 && (
        <div className="flex flex-wrap items-center gap-3">
          <h2 className="font-semibold">{t("trash.inAll", { images: count(total) })}</h2>
          <p className="text-quiet">{t("trash.hint")}</p>
          <Button look="danger" className="ml-auto" disabled={work.isRunning} onClick={() => { setAsksToEmpty(true); }}>{t("trash.purgeAll")}</Button>
        </div>
      )}
      {work.isRunning && <Progress value={work.fraction} label={t("common.loading")} />}
      {byDeletion(images).map(([deletion, some], number, all) => (
        <Deletion
          key={deletion}
          images={some}
          mayBeMore={found.hasNextPage && number === all.length - 1}
          isBusy={work.isRunning}
          onRestoreAll={() => { work.restore({ deletion }); }}
          onRestore={(id) => { work.restore({ images: { ids: [id] } }); }}
        />
      ))}
      {found.hasNextPage && <Button className="self-center" disabled={found.isFetching} onClick={() => void found.fetchNextPage()}>{t("trash.more")}</Button>}
      <Dialog title={t("trash.purgeTitle")} description={t("trash.purgeHint")} isOpen={asksToEmpty} onClose={() => { setAsksToEmpty(false); }}>
        <div className="flex justify-end gap-2">
          <Button onClick={() => { setAsksToEmpty(false); }}>{t("trash.keep")}</Button>
          <Button
            look="danger"
            onClick={() => {
              setAsksToEmpty(false);
              work.purge({ all: true });
            }}
          >
            {t("trash.purge")}
          </Button>
        </div>
      </Dialog>
    </section>
  );
}

/** Restoring and purging, one at a time; says what came of it. */
function useWork(project: string) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const onDone = useCallback((operation: { response?: unknown }) => {
    const { restoredCount, purgedCount } = (operation.response ?? {}) as { restoredCount?: string; purgedCount?: string };
    showToast(purgedCount === undefined ? t("trash.restored", { images: count(restoredCount) }) : t("trash.purged", { images: count(purgedCount) }));
    // Images are back, so whatever was asked of the project has another answer now.
    void cache.invalidateQueries();
  }, [cache, t]);
  const running = useOperation(onDone);
  const restore = useRestore(project);
  const purge = usePurge(project);
  const onSuccess = running.start;
  return {
    isRunning: running.isRunning || restore.isPending || purge.isPending,
    fraction: running.fraction,
    error: restore.error ?? purge.error ?? running.error,
    restore: (selector: TrashSelector) => { restore.mutate(selector, { onSuccess }); },
    purge: (selector: TrashSelector) => { purge.mutate(selector, { onSuccess }); },
  };
}

/** Images by what was deleted together, the last deletion first. */
function byDeletion(images: readonly DeletedImage[]): [string, DeletedImage[]][] {
  const groups = new Map<string, DeletedImage[]>();
  for (const image of images) {
    const deletion = image.deletion ?? "";
    groups.set(deletion, [...(groups.get(deletion) ?? []), image]);
  }
  return [...groups];
}
