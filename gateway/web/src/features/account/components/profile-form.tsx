import { useQuery } from "@tanstack/react-query";
import { useId, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field, Select } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { showToast } from "@/components/ui/toast";
import { departmentsQuery, useUpdateMe, type User } from "@/features/account/api/me";

export function ProfileForm({ me }: { me: User }) {
  const { t } = useTranslation();
  const departmentId = useId();
  const update = useUpdateMe();
  const departments = useQuery(departmentsQuery).data?.departments ?? [];
  const [form, setForm] = useState({ displayName: me.displayName ?? "", department: (me.requestedDepartment || me.department) ?? "", duty: me.duty ?? "", location: me.location ?? "" });
  const field = (name: keyof typeof form) => ({
    value: form[name],
    onChange: (event: { target: { value: string } }) => { setForm({ ...form, [name]: event.target.value }); },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    update.mutate(form, { onSuccess: () => { showToast(t("settings.saved")); } });
  };
  return (
    <form onSubmit={submit} className="grid gap-4 sm:grid-cols-2" aria-label={t("settings.profile")}>
      <Field label={t("account.name")} required maxLength={100} autoComplete="name" {...field("displayName")} />
      <div className="flex flex-col gap-1">
        <label htmlFor={departmentId} className="text-sm font-medium">{t("account.department")}</label>
        <Select id={departmentId} {...field("department")}>
          <option value="">{t("settings.noDepartment")}</option>
          {departments.map((each) => <option key={each.name} value={each.name}>{each.displayName}</option>)}
        </Select>
        {me.requestedDepartment && <span className="text-xs text-warn">{t("settings.requested", { department: me.requestedDepartmentDisplayName })}</span>}
      </div>
      <Field label={t("account.duty")} maxLength={100} {...field("duty")} />
      <Field label={t("account.location")} maxLength={100} {...field("location")} />
      <div className="flex flex-col gap-3 sm:col-span-2">
        <ErrorNotice error={update.error} />
        <Button type="submit" look="primary" className="self-start" disabled={update.isPending}>{t("settings.save")}</Button>
      </div>
    </form>
  );
}
