import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { ErrorNotice } from "@/components/ui/notice";
import { useCreateApiKey } from "@/features/account/api/api-keys";

const SCOPES = ["read", "upload", "edit", "analyse", "export"] as const;
type Scope = (typeof SCOPES)[number];
const DAY_MS = 86_400_000;
const MOST_DAYS = 365;

/** Asks for a key: what it is for, what it may do, how long. */
export function CreateApiKey({ onCreated }: { onCreated: (secret: string) => void }) {
  const { t } = useTranslation();
  const create = useCreateApiKey();
  const [displayName, setDisplayName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["upload", "read"]);
  const [days, setDays] = useState(String(MOST_DAYS));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    // A minute less than asked for: the server's clock may be a little behind.
    const expireTime = new Date(Date.now() + Number(days) * DAY_MS - 60_000).toISOString();
    create.mutate({ displayName, scopes, expireTime }, { onSuccess: (answer) => { onCreated(answer.secret ?? ""); } });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4" aria-label={t("settings.newKey")}>
      <Field label={t("settings.keyName")} placeholder={t("settings.keyNameExample")} required maxLength={100} value={displayName} onChange={(event) => { setDisplayName(event.target.value); }} />
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1 text-sm font-medium">{t("settings.scopes")}</legend>
        {SCOPES.map((scope) => (
          <label key={scope} className="flex items-center gap-2">
            <input type="checkbox" checked={scopes.includes(scope)} onChange={(event) => { setScopes(event.target.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope)); }} />
            <code className="font-mono text-xs">{scope}</code> <span className="text-quiet">{t(`settings.scopeHints.${scope}`)}</span>
          </label>
        ))}
      </fieldset>
      <Field label={t("settings.days")} type="number" min={1} max={MOST_DAYS} required value={days} onChange={(event) => { setDays(event.target.value); }} />
      <ErrorNotice error={create.error} />
      <Button type="submit" look="primary" disabled={create.isPending || scopes.length === 0}>{t("settings.makeKey")}</Button>
    </form>
  );
}
