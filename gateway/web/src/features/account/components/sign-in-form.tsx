import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button, buttonLook } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { useSignIn } from "@/features/account/api/me";
import { signInOptionsQuery } from "@/features/account/api/sign-up";

/** Why the identity provider's sign-in did not work: said to people, the rest in general words. */
const REFUSALS = ["OIDC_REFUSED", "OIDC_EMAIL_NOT_VERIFIED", "ACCOUNT_DISABLED", "EMAIL_DOMAIN_NOT_ALLOWED"] as const;

interface SignInFormProps {
  note: string;
  onSignUp: () => void;
  onForgotten: () => void;
}

export function SignInForm({ note, onSignUp, onForgotten }: SignInFormProps) {
  const { t } = useTranslation();
  const signIn = useSignIn();
  const provider = useQuery(signInOptionsQuery).data?.oidcDisplayName ?? "";
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const refused = new URLSearchParams(window.location.search).get("signInError");
  const reason = REFUSALS.find((each) => each === refused) ?? "other";

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    signIn.mutate({ email, password });
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-4" aria-label={t("account.signIn")}>
      {note && <p role="status" className="text-good">{note}</p>}
      {refused && !signIn.error && <ErrorNotice error={new Error(t(`account.oidcErrors.${reason}`))} />}
      {provider && (
        <>
          <a className={buttonLook("primary")} href={`/v1/account:signInWithOidc?returnPath=${encodeURIComponent(window.location.pathname)}`}>{t("account.signInWith", { provider })}</a>
          <span className="flex items-center gap-3 text-xs text-quiet before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">{t("account.or")}</span>
        </>
      )}
      <Field label={t("account.email")} type="email" autoComplete="username" required value={email} onChange={(event) => { setEmail(event.target.value); }} />
      <Field label={t("account.password")} type="password" autoComplete="current-password" required value={password} onChange={(event) => { setPassword(event.target.value); }} />
      <ErrorNotice error={signIn.error} />
      <Button type="submit" look={provider ? "plain" : "primary"} disabled={signIn.isPending}>{t("account.signIn")}</Button>
      <Button look="ghost" onClick={onForgotten}>{t("account.forgotten")}</Button>
      <Button look="ghost" onClick={onSignUp}>{t("account.toSignUp")}</Button>
    </form>
  );
}
