import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Badge } from "@/components/ui/card";
import type { FileState } from "@/features/uploads/components/uploads";
import { bytes, count } from "@/lib/format";

const ROW_PIXELS = 30;
const MOST_PIXELS = 300;
const TONES = { waiting: "quiet", sending: "accent", taken: "good", duplicate: "warn", refused: "danger" } as const;
const KINDS = { KIND_ARCHIVE: "archive", KIND_METADATA: "metadata", KIND_LABELS: "labels", KIND_FEATURES: "features" } as const;

/** What became of each file; as many as there are, since only those in view are drawn. */
export function FileList({ files }: { files: readonly FileState[] }) {
  const { t } = useTranslation();
  const [isRefusedOnly, setIsRefusedOnly] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const refused = files.filter((file) => file.state === "refused");
  const shown = isRefusedOnly && refused.length > 0 ? refused : files;
  // The library's functions are not memoised by the compiler; nothing here is.
  // eslint-disable-next-line react-hooks/incompatible-library
  const rows = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_PIXELS, overscan: 8 });
  return (
    <details className="flex flex-col gap-2">
      <summary className="text-quiet">
        {t("upload.files", { files: count(files.length) })}
      </summary>
      {refused.length > 0 && (
        <label className="flex items-center gap-2 py-1">
          <input type="checkbox" checked={isRefusedOnly} onChange={(event) => { setIsRefusedOnly(event.target.checked); }} />
          {t("upload.onlyRefused", { files: count(refused.length) })}
        </label>
      )}
      {/* It scrolls without anything in it that could take the focus, so it takes it itself. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={scroller} tabIndex={0} role="group" aria-label={t("upload.files", { files: count(files.length) })} className="overflow-y-auto rounded-md border border-line" style={{ height: Math.min(MOST_PIXELS, shown.length * ROW_PIXELS + 2) }}>
        <ul className="relative" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((row) => {
            const file = shown[row.index];
            if (!file) return null;
            const kind = KINDS[file.kind as keyof typeof KINDS] as (typeof KINDS)[keyof typeof KINDS] | undefined;
            return (
              <li key={row.index} className="absolute inset-x-0 flex items-center gap-2 px-2" style={{ top: row.start, height: ROW_PIXELS }}>
                <span className="min-w-0 flex-1 truncate font-mono text-xs" title={file.name}>{file.name}</span>
                {file.reason && <span className="min-w-0 flex-1 truncate text-xs text-danger" title={file.reason}>{file.reason}</span>}
                {kind && <Badge tone="accent">{t(`upload.kinds.${kind}`)}</Badge>}
                <span className="text-xs text-quiet tabular-nums">{bytes(file.size)}</span>
                <Badge tone={TONES[file.state]}>{t(`upload.states.${file.state}`)}</Badge>
              </li>
            );
          })}
        </ul>
      </div>
    </details>
  );
}
