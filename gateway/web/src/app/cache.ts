import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/lib/api/errors";

/** What the page remembers of Loupe's answers. */
export function createCache(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // What Loupe refused is refused again; what it did not answer may be answered now.
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
      },
    },
  });
}
