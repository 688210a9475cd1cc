import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { ImageSearch } from "@/features/images/api/search";
import { api, idOf, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type SavedSearch = Schemas["SavedSearch"];

/** Saved searches with how many images are new in each; asked for when the list opens. */
export const savedSearchesQuery = (project: string) =>
  queryOptions({
    queryKey: ["images", project, "savedSearches"],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/savedSearches", { params: { path: { project }, query: { withNumbers: true, pageSize: 100 } } })),
  });

export function useSaveSearch(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ search, name, isShared }: { search: ImageSearch; name: string; isShared: boolean }) =>
      unwrap(
        api.POST("/v1/projects/{project}/savedSearches", {
          params: { path: { project }, query: { requestId: newRequestId() } },
          body: { displayName: name, query: search.query, order: search.order, visibility: isShared ? "VISIBILITY_SHARED" : "VISIBILITY_PRIVATE" },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: savedSearchesQuery(project).queryKey }),
  });
}

/** Looks at a saved search: from now on what it finds is not new. */
export function useOpenSavedSearch(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string | undefined) =>
      unwrap(api.POST("/v1/projects/{project}/savedSearches/{saved_search}:open", { params: { path: { project, saved_search: idOf(name) } }, body: { requestId: newRequestId() } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: savedSearchesQuery(project).queryKey }),
  });
}

export function useForgetSearch(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string | undefined) =>
      unwrap(api.DELETE("/v1/projects/{project}/savedSearches/{saved_search}", { params: { path: { project, saved_search: idOf(name) }, query: { requestId: newRequestId() } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: savedSearchesQuery(project).queryKey }),
  });
}
