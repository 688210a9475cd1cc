import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Badge } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { ErrorNotice } from "@/components/ui/notice";
import { apiKeysQuery, useRevokeApiKey, useRotateApiKey, type ApiKey } from "@/features/account/api/api-keys";
import { CreateApiKey } from "@/features/account/components/create-api-key";
import { Secret } from "@/features/account/components/secret";
import { time } from "@/lib/format";

/** The keys by which factory systems sign in for one. */
export function ApiKeys() {
  const { t } = useTranslation();
  const found = useQuery(apiKeysQuery);
  const revoke = useRevokeApiKey();
  const rotate = useRotateApiKey();
  const [isCreating, setIsCreating] = useState(false);
  const [secret, setSecret] = useState("");
  const keys = found.data?.apiKeys ?? [];
  return (
    <div className="flex flex-col gap-3">
      <ErrorNotice error={found.error ?? revoke.error ?? rotate.error} />
      {keys.length > 0 && (
        <ul className="flex flex-col divide-y divide-line">
          {keys.map((key) => (
            <li key={key.name} className="flex items-center gap-3 py-2">
              <KeyRound className="size-4 shrink-0 text-quiet" aria-hidden />
              <span className="min-w-0 flex-1">
                <span className="flex items-center gap-2"><span className="truncate">{key.displayName}</span><State apiKey={key} /></span>
                <span className="block truncate text-xs text-quiet">
                  {key.scopes?.join(", ")} · {t("settings.expires", { time: time(key.expireTime) })} · {key.lastUseTime ? t("settings.lastUsed", { time: time(key.lastUseTime) }) : t("settings.neverUsed")}
                </span>
              </span>
              {key.state === "STATE_ACTIVE" && (
                <>
                  <Button disabled={rotate.isPending} title={t("settings.rotateHint")} onClick={() => { rotate.mutate(key.name ?? "", { onSuccess: (answer) => { setSecret(answer.secret ?? ""); } }); }}>{t("settings.rotate")}</Button>
                  <Button look="danger" disabled={revoke.isPending} onClick={() => { revoke.mutate(key.name ?? ""); }}>{t("settings.revoke")}</Button>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      <Button icon={Plus} className="self-start" onClick={() => { setIsCreating(true); }}>{t("settings.newKey")}</Button>
      <Dialog title={t("settings.newKey")} description={t("settings.newKeyHint")} isOpen={isCreating} onClose={() => { setIsCreating(false); }}>
        <CreateApiKey onCreated={(made) => { setIsCreating(false); setSecret(made); }} />
      </Dialog>
      <Dialog title={t("settings.secret")} description={t("settings.secretHint")} isOpen={secret !== ""} onClose={() => { setSecret(""); }}>
        <Secret secret={secret} onDone={() => { setSecret(""); }} />
      </Dialog>
    </div>
  );
}

function State({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useTranslation();
  if (apiKey.state === "STATE_REVOKED") return <Badge>{t("settings.keyStates.revoked")}</Badge>;
  if (apiKey.state === "STATE_EXPIRED") return <Badge tone="warn">{t("settings.keyStates.expired")}</Badge>;
  return <Badge tone="good">{t("settings.keyStates.active")}</Badge>;
}
