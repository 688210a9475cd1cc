import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { useRequestReset, useResetPassword } from "@/features/account/api/sign-up";

/** A new password for somebody who forgot his: the address, then the mailed code. */
export function ResetForm({ onDone, onBack }: { onDone: () => void; onBack: () => void }) {
  const { t } = useTranslation();
  const request = useRequestReset();
  const reset = useResetPassword();
  const [email, setEmail] = useState("");
  const [code, setCode] = useState("");
  const [newPassword, setNewPassword] = useState("");
  const verification = request.data?.verification ?? "";

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (verification) reset.mutate({ verification, code, newPassword }, { onSuccess: onDone });
    else request.mutate(email);
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-4" aria-label={t("account.forgotten")}>
      {verification ? (
        <>
          <p className="text-quiet">{t("account.resetSent", { email })}</p>
          <Field label={t("account.code")} inputMode="numeric" autoComplete="one-time-code" required value={code} onChange={(event) => { setCode(event.target.value); }} />
          <Field label={t("account.newPassword")} type="password" autoComplete="new-password" minLength={10} required hint={t("account.passwordHint")} value={newPassword} onChange={(event) => { setNewPassword(event.target.value); }} />
        </>
      ) : (
        <Field label={t("account.email")} type="email" autoComplete="username" required hint={t("account.resetHint")} value={email} onChange={(event) => { setEmail(event.target.value); }} />
      )}
      <ErrorNotice error={reset.error ?? request.error} />
      <Button type="submit" look="primary" disabled={request.isPending || reset.isPending}>{t(verification ? "account.setPassword" : "account.mailCode")}</Button>
      <Button look="ghost" onClick={onBack}>{t("account.toSignIn")}</Button>
    </form>
  );
}
