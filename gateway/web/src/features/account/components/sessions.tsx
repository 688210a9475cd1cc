import { useQuery } from "@tanstack/react-query";
import { MonitorSmartphone } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/button";
import { Badge } from "@/components/ui/card";
import { ErrorNotice } from "@/components/ui/notice";
import { sessionsQuery, useEndOtherSessions, useEndSession } from "@/features/account/api/sessions";
import { time } from "@/lib/format";

/** Where one is signed in. */
export function Sessions() {
  const { t } = useTranslation();
  const found = useQuery(sessionsQuery);
  const end = useEndSession();
  const endOthers = useEndOtherSessions();
  const sessions = found.data?.sessions ?? [];
  return (
    <div className="flex flex-col gap-3">
      <ErrorNotice error={found.error ?? end.error ?? endOthers.error} />
      <ul className="flex flex-col divide-y divide-line">
        {sessions.map((session) => (
          <li key={session.name} className="flex items-center gap-3 py-2">
            <MonitorSmartphone className="size-4 shrink-0 text-quiet" aria-hidden />
            <span className="min-w-0 flex-1">
              <span className="block truncate">{browserOf(session.userAgent ?? "") || t("settings.unknownProgram")} {session.isCurrent && <Badge tone="good">{t("settings.here")}</Badge>}</span>
              <span className="block truncate text-xs text-quiet">{[session.clientAddress, t("settings.lastUsed", { time: time(session.lastUseTime) })].filter(Boolean).join(" · ")}</span>
            </span>
            {!session.isCurrent && <Button disabled={end.isPending} onClick={() => { end.mutate(session.name ?? ""); }}>{t("settings.endSession")}</Button>}
          </li>
        ))}
      </ul>
      {sessions.length > 1 && <Button look="danger" className="self-start" disabled={endOthers.isPending} onClick={() => { endOthers.mutate(); }}>{t("settings.endOthers")}</Button>}
    </div>
  );
}

/** Browser and system of a user agent, as people call them; the text itself for programs. */
function browserOf(agent: string): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\/(\d+)/.exec(agent);
  const system = /Windows|Macintosh|Android|iPhone|iPad|Linux/.exec(agent);
  if (!browser) return agent.slice(0, 60);
  const name = browser[1] === "Edg" ? "Edge" : browser[1] === "OPR" ? "Opera" : browser[1];
  return [`${name ?? ""} ${browser[2] ?? ""}`, system?.[0] === "Macintosh" ? "macOS" : system?.[0]].filter(Boolean).join(" · ");
}
