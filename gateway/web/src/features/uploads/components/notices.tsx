import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { noticesQuery } from "@/features/uploads/api/notices";
import { idOf, type Schemas } from "@/lib/api/client";
import { faultText } from "@/lib/i18n/fault-text";

/** What was refused or is worth knowing, file by file. */
export function Notices({ project, batch }: { project: string; batch: Schemas["UploadBatch"] }) {
  const { t } = useTranslation();
  const notices = useQuery(noticesQuery(project, idOf(batch.name), `${batch.state ?? ""} ${batch.refusedCount ?? ""}`)).data?.notices ?? [];
  if (notices.length === 0) return null;
  return (
    <table className="w-full border-collapse overflow-hidden rounded-lg bg-surface text-left text-sm">
      <caption className="p-2 text-left font-medium">{t("upload.refused")}</caption>
      <thead>
        <tr className="border-b border-line text-quiet">
          <th scope="col" className="p-2">{t("upload.file")}</th>
          <th scope="col" className="p-2">{t("upload.row")}</th>
          <th scope="col" className="p-2">{t("upload.why")}</th>
        </tr>
      </thead>
      <tbody>
        {notices.map((notice, index) => (
          <tr key={index} className="border-b border-line align-top">
            <td className="p-2 font-mono text-xs break-all">{notice.fileName}</td>
            <td className="p-2">{notice.row === "0" ? "" : notice.row}</td>
            <td className={`p-2 ${notice.severity === "SEVERITY_ERROR" ? "text-danger" : "text-quiet"}`}>{faultText(notice.status)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
