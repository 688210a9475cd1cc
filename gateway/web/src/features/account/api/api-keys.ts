import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, idOf, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type ApiKey = Schemas["ApiKey"];

export const apiKeysQuery = queryOptions({
  queryKey: ["apiKeys"],
  queryFn: () => unwrap(api.GET("/v1/apiKeys", { params: { query: { pageSize: 200 } } })),
});

/** Makes a key; what comes back is the only place where its secret appears. */
export function useCreateApiKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (apiKey: ApiKey) => unwrap(api.POST("/v1/apiKeys", { body: { apiKey, requestId: newRequestId() } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["apiKeys"] }),
  });
}

/** Gives a key a new secret; the old one works for seven more days. */
export function useRotateApiKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      unwrap(api.POST("/v1/apiKeys/{api_key}:rotate", { params: { path: { api_key: idOf(name) } }, body: { requestId: newRequestId() } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["apiKeys"] }),
  });
}

export function useRevokeApiKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      unwrap(api.POST("/v1/apiKeys/{api_key}:revoke", { params: { path: { api_key: idOf(name) } }, body: { requestId: newRequestId() } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["apiKeys"] }),
  });
}
