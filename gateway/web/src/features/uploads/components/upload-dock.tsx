import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/button";
import { Progress } from "@/components/ui/notice";
import { dismissUpload, isAnySending, useUploads, type Upload } from "@/features/uploads/components/uploads";
import { useUploadProgress } from "@/features/uploads/components/use-upload-progress";
import { faultText } from "@/lib/i18n/fault-text";

/** How long a finished upload is shown: it lies over what one works on. */
const SEEN_MS = 10_000;

/** Uploads that go on while one works elsewhere, in a corner of every page but the one they are on. */
export function UploadDock({ hiddenFor }: { hiddenFor: string }) {
  const { t } = useTranslation();
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const uploads = useUploads().filter((each) => each.project !== hiddenFor && !seen.has(each.id));
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => { if (isAnySending()) event.preventDefault(); };
    window.addEventListener("beforeunload", warn);
    return () => { window.removeEventListener("beforeunload", warn); };
  }, []);
  if (uploads.length === 0) return null;
  return (
    <aside aria-label={t("upload.dock")} className="fixed right-4 bottom-4 z-30 flex w-80 flex-col gap-3 rounded-lg bg-raised p-3 shadow-raised">
      {uploads.slice(0, 3).map((upload) => <DockLine key={upload.id} upload={upload} onSeen={() => { setSeen((before) => new Set([...before, upload.id])); }} />)}
    </aside>
  );
}

function DockLine({ upload, onSeen }: { upload: Upload; onSeen: () => void }) {
  const { t } = useTranslation();
  useEffect(() => {
    if (upload.phase !== "done") return;
    const timer = setTimeout(onSeen, SEEN_MS);
    return () => { clearTimeout(timer); };
    // From the moment it is done, however often the page is drawn again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [upload.phase]);
  const { share, label, summary, isGood } = useUploadProgress(upload);
  return (
    <div className="flex items-start gap-1">
      <Link to="/projects/$project" params={{ project: upload.project }} search={{ tab: "upload" }} className="min-w-0 flex-1 hover:text-accent">
        {upload.phase === "done" ? <span className={isGood ? "text-good" : "text-warn"}>{summary}</span> : <Progress value={share} label={upload.error ? faultText(upload.error) : label} />}
      </Link>
      <IconButton label={t(upload.phase === "done" || upload.phase === "stopped" ? "upload.dismiss" : "upload.stop")} icon={X} onClick={() => { dismissUpload(upload.id); }} />
    </div>
  );
}
