import { errorFromBody, ApiError } from "@/lib/api/errors";
import type { Schemas } from "@/lib/api/client";
import { count } from "@/lib/format";
import { i18next } from "@/lib/i18n";

// What `fetch` throws without a connection: Chrome, Firefox, Safari.
const NO_CONNECTION = /^(Failed to fetch|NetworkError|Load failed)/;

/** What a person reads of a fault: in his language where its reason has a text there, else as Loupe said it. */
export function faultText(fault: Error | Schemas["Status"] | undefined): string {
  if (!fault) return "";
  const error = fault instanceof Error ? fault : errorFromBody(fault.code ?? 0, { error: fault });
  if (!(error instanceof ApiError)) return NO_CONNECTION.test(error.message) ? i18next.t("common.connectionLost") : error.message;
  const key = `reasons.${error.reason}` as "common.loading";
  if (!error.reason || !i18next.exists(key)) return error.message;
  return i18next.t(key, { ...Object.fromEntries(Object.entries(error.metadata).map(readable)), message: error.message });
}

function readable([name, value]: [string, string]): [string, string] {
  return [name, /^\d+$/.test(value) ? count(value) : value];
}
