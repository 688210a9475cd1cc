import { RotateCcw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import type { DeletedImage } from "@/features/trash/api/trash";
import { idOf } from "@/lib/api/client";
import { bytes, count, time } from "@/lib/format";

interface DeletionProps {
  /** What was deleted together, at least one. */
  images: DeletedImage[];
  /** Whether the next page may have more of it. */
  mayBeMore: boolean;
  isBusy: boolean;
  onRestoreAll: () => void;
  onRestore: (id: string) => void;
}

export function Deletion({ images, mayBeMore, isBusy, onRestoreAll, onRestore }: DeletionProps) {
  const { t } = useTranslation();
  const [first] = images;
  const title = t(mayBeMore ? "trash.deletionMany" : "trash.deletion", { images: count(images.length), when: time(first?.deleteTime) });
  return (
    <Card className="p-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="font-medium">{title}</h3>
        <span className="text-quiet">{t("trash.until", { when: time(first?.purgeTime) })}</span>
        <Button icon={RotateCcw} className="ml-auto" disabled={isBusy} onClick={onRestoreAll}>{t("trash.restoreAll")}</Button>
      </div>
      <ul aria-label={title} className="mt-2 max-h-72 overflow-y-auto">
        {images.map((image) => (
          <li key={image.name} className="flex items-center gap-3 border-t border-line py-1">
            <span className="min-w-0 flex-1 truncate" title={image.fileName}>{image.fileName}</span>
            <span className="text-quiet tabular-nums">{image.width} × {image.height}</span>
            <span className="w-20 text-right text-quiet tabular-nums">{bytes(image.sizeBytes)}</span>
            <IconButton label={t("trash.restoreNamed", { name: image.fileName })} icon={RotateCcw} disabled={isBusy} onClick={() => { onRestore(idOf(image.name)); }} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
