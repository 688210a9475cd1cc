import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import type { Images } from "@/features/exports/api/exports";
import { ExportForm } from "@/features/exports/components/export-form";

/** Downloads images that were picked anywhere: in a grid, on a map, by curation. */
export function ExportButton({ project, images }: { project: string; images: Images }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button icon={Download} onClick={() => { setOpen(true); }}>{t("images.export")}</Button>
      <Dialog isWide title={t("exports.title")} isOpen={isOpen} onClose={() => { setOpen(false); }}>
        <ExportForm project={project} images={images} />
      </Dialog>
    </>
  );
}
