import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { useSignIn } from "@/features/account/api/me";

export function SignInForm({ note, onSignUp }: { note: string; onSignUp: () => void }) {
  const { t } = useTranslation();
  const signIn = useSignIn();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    signIn.mutate({ email, password });
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-4" aria-label={t("account.signIn")}>
      {note && <p role="status" className="text-sm text-good">{note}</p>}
      <Field label={t("account.email")} type="email" autoComplete="username" required value={email} onChange={(event) => { setEmail(event.target.value); }} />
      <Field label={t("account.password")} type="password" autoComplete="current-password" required value={password} onChange={(event) => { setPassword(event.target.value); }} />
      <ErrorNotice error={signIn.error} />
      <Button type="submit" look="primary" disabled={signIn.isPending}>{t("account.signIn")}</Button>
      <Button onClick={onSignUp}>{t("account.toSignUp")}</Button>
    </form>
  );
}
