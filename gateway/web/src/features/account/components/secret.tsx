import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/field";

/** A key's text, shown this once. */
export function Secret({ secret, onDone }: { secret: string; onDone: () => void }) {
  const { t } = useTranslation();
  const [isCopied, setIsCopied] = useState(false);
  return (
    <div className="flex flex-col gap-4">
      <div className="flex gap-2">
        <Input readOnly aria-label={t("settings.secret")} className="flex-1 font-mono text-xs" value={secret} onFocus={(event) => { event.target.select(); }} />
        {/* Over plain http browsers have no clipboard; a click into the field selects all of it. */}
        {window.isSecureContext && (
          <Button icon={isCopied ? Check : Copy} onClick={() => void navigator.clipboard.writeText(secret).then(() => { setIsCopied(true); })}>{t(isCopied ? "settings.copied" : "settings.copy")}</Button>
        )}
      </div>
      <Button look="primary" onClick={onDone}>{t("settings.secretKept")}</Button>
    </div>
  );
}
