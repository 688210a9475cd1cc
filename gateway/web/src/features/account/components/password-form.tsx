import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { showToast } from "@/components/ui/toast";
import { useChangePassword } from "@/features/account/api/me";

export function PasswordForm() {
  const { t } = useTranslation();
  const change = useChangePassword();
  const [currentPassword, setCurrent] = useState("");
  const [newPassword, setNew] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    change.mutate({ currentPassword, newPassword }, {
      onSuccess: () => {
        setCurrent("");
        setNew("");
        showToast(t("settings.passwordChanged"));
      },
    });
  };
  return (
    <form onSubmit={submit} className="grid items-start gap-4 sm:grid-cols-2" aria-label={t("settings.password")}>
      <Field label={t("settings.currentPassword")} type="password" autoComplete="current-password" required value={currentPassword} onChange={(event) => { setCurrent(event.target.value); }} />
      <Field label={t("account.newPassword")} type="password" autoComplete="new-password" required minLength={10} hint={t("account.passwordHint")} value={newPassword} onChange={(event) => { setNew(event.target.value); }} />
      <div className="flex flex-col gap-3 sm:col-span-2">
        <ErrorNotice error={change.error} />
        <Button type="submit" className="self-start" disabled={change.isPending}>{t("settings.changePassword")}</Button>
      </div>
    </form>
  );
}
