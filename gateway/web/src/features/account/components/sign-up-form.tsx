import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { useResendCode, useSignUp, useVerifyEmail, type SignUpForm as Form } from "@/features/account/api/sign-up";

const EMPTY: Form = { email: "", password: "", displayName: "", departmentDisplayName: "", duty: "", location: "" };

export function SignUpForm({ onVerified, onBack }: { onVerified: () => void; onBack: () => void }) {
  const { t } = useTranslation();
  const signUp = useSignUp();
  const [form, setForm] = useState(EMPTY);

  const field = (name: keyof Form) => ({
    value: form[name],
    onChange: (event: { target: { value: string } }) => { setForm({ ...form, [name]: event.target.value }); },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    signUp.mutate(form);
  };

  if (signUp.data) {
    return <VerifyForm email={form.email} verification={signUp.data.verification ?? ""} onVerified={onVerified} />;
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4" aria-label={t("account.signUp")}>
      <Field label={t("account.email")} type="email" autoComplete="username" required {...field("email")} />
      <Field label={t("account.password")} type="password" autoComplete="new-password" minLength={10} required hint={t("account.passwordHint")} {...field("password")} />
      <Field label={t("account.name")} autoComplete="name" required maxLength={100} {...field("displayName")} />
      <Field label={t("account.department")} placeholder={t("account.optional")} maxLength={100} {...field("departmentDisplayName")} />
      <Field label={t("account.duty")} placeholder={t("account.optional")} maxLength={100} {...field("duty")} />
      <Field label={t("account.location")} placeholder={t("account.optional")} maxLength={100} {...field("location")} />
      <ErrorNotice error={signUp.error} />
      <Button type="submit" look="primary" disabled={signUp.isPending}>{t("account.signUp")}</Button>
      <Button look="ghost" onClick={onBack}>{t("account.toSignIn")}</Button>
    </form>
  );
}

function VerifyForm({ email, verification, onVerified }: { email: string; verification: string; onVerified: () => void }) {
  const { t } = useTranslation();
  const verify = useVerifyEmail();
  const resend = useResendCode();
  const [code, setCode] = useState("");

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    verify.mutate({ verification, code }, { onSuccess: onVerified });
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-4" aria-label={t("account.verify")}>
      <p className="text-sm text-quiet">{t("account.codeSent", { email })}</p>
      <Field label={t("account.code")} inputMode="numeric" autoComplete="one-time-code" required value={code} onChange={(event) => { setCode(event.target.value); }} />
      <ErrorNotice error={verify.error ?? resend.error} />
      {resend.isSuccess && <p role="status" className="text-good">{t("account.sentAgain")}</p>}
      <Button type="submit" look="primary" disabled={verify.isPending}>{t("account.verify")}</Button>
      <Button look="ghost" disabled={resend.isPending} onClick={() => { resend.mutate(verification); }}>{t("account.sendAgain")}</Button>
    </form>
  );
}
