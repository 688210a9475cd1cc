import { useQuery } from "@tanstack/react-query";
import { Building2, Plus } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Empty, ErrorNotice } from "@/components/ui/notice";
import { useDeleteDepartment, useSaveDepartment, type Department } from "@/features/admin/api/departments";
import { departmentsQuery } from "@/features/admin/api/users";

export function DepartmentsPage() {
  const { t } = useTranslation();
  const found = useQuery(departmentsQuery);
  const remove = useDeleteDepartment();
  const [edited, setEdited] = useState<Department | null>(null);
  const [asked, setAsked] = useState<Department | null>(null);
  const departments = found.data?.departments ?? [];
  const deleteAsked = () => {
    remove.mutate(asked?.name ?? "");
    setAsked(null);
  };
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-3">
      <Button look="primary" icon={Plus} className="self-start" onClick={() => { setEdited({}); }}>{t("admin.newDepartment")}</Button>
      <ErrorNotice error={found.error ?? remove.error} />
      {found.isSuccess && departments.length === 0 && <Empty title={t("admin.noDepartments")} icon={Building2}>{t("admin.noDepartmentsHint")}</Empty>}
      <ul className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface empty:hidden" aria-label={t("admin.parts.departments")}>
        {departments.map((each) => (
          <li key={each.name} className="flex items-center gap-2 px-3 py-2">
            <span className="min-w-0 flex-1"><span className="block truncate">{each.displayName}</span><span className="block truncate text-xs text-quiet">{each.description}</span></span>
            <Button onClick={() => { setEdited(each); }}>{t("admin.rename")}</Button>
            <Button look="danger" onClick={() => { setAsked(each); }}>{t("admin.delete")}</Button>
          </li>
        ))}
      </ul>
      <Dialog title={edited?.name ? (edited.displayName ?? "") : t("admin.newDepartment")} isOpen={edited !== null} onClose={() => { setEdited(null); }}>
        {edited && <DepartmentForm department={edited} onSaved={() => { setEdited(null); }} />}
      </Dialog>
      <Dialog title={t("admin.deleteAsk", { name: asked?.displayName })} description={t("admin.deleteHint")} isOpen={asked !== null} onClose={() => { setAsked(null); }}>
        <div className="flex justify-end gap-2">
          <Button onClick={() => { setAsked(null); }}>{t("admin.cancel")}</Button>
          <Button look="danger" onClick={deleteAsked}>{t("admin.delete")}</Button>
        </div>
      </Dialog>
    </div>
  );
}

function DepartmentForm({ department, onSaved }: { department: Department; onSaved: () => void }) {
  const { t } = useTranslation();
  const save = useSaveDepartment();
  const [displayName, setDisplayName] = useState(department.displayName ?? "");
  const [description, setDescription] = useState(department.description ?? "");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate({ ...(department.name && { name: department.name }), ...(department.etag && { etag: department.etag }), displayName, description }, { onSuccess: onSaved });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t("admin.departmentName")} required maxLength={100} value={displayName} onChange={(event) => { setDisplayName(event.target.value); }} />
      <Field label={t("admin.departmentAbout")} maxLength={500} value={description} onChange={(event) => { setDescription(event.target.value); }} />
      <ErrorNotice error={save.error} />
      <Button type="submit" look="primary" disabled={save.isPending}>{t(department.name ? "admin.save" : "admin.create")}</Button>
    </form>
  );
}
