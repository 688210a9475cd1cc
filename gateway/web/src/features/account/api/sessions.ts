import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, idOf, unwrap } from "@/lib/api/client";

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: () => unwrap(api.GET("/v1/sessions", { params: { query: { pageSize: 100 } } })),
});

export function useEndSession() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      unwrap(api.POST("/v1/sessions/{session}:end", { params: { path: { session: idOf(name) } }, body: {} })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["sessions"] }),
  });
}

/** Signs out everywhere but here. */
export function useEndOtherSessions() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/v1/sessions:endAll", { body: { keepCurrent: true } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["sessions"] }),
  });
}
