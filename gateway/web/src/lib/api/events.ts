import { ApiError, errorFromBody } from "@/lib/api/errors";
import { i18next } from "@/lib/i18n";

interface Handlers<T> {
  onMessage: (message: T) => void;
  onEnd: () => void;
  onError: (error: ApiError) => void;
}

/** Follows server-sent events until they end; returns what stops it. */
export function follow<T>(path: string, handlers: Handlers<T>): () => void {
  const source = new EventSource(path);
  source.onmessage = (event: MessageEvent<string>) => {
    handlers.onMessage(JSON.parse(event.data) as T);
  };
  source.addEventListener("end", () => {
    source.close();
    handlers.onEnd();
  });
  source.addEventListener("error", (event) => {
    // An event "error" with data comes from Loupe; one without is the connection, which the browser opens again.
    const data = (event as MessageEvent<string | undefined>).data;
    if (data !== undefined) {
      source.close();
      handlers.onError(errorFromBody(0, JSON.parse(data)));
    } else if (source.readyState === EventSource.CLOSED) {
      handlers.onError(new ApiError(0, i18next.t("common.connectionLost")));
    }
  });
  return () => {
    source.close();
  };
}
