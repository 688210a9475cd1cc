import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type Selection = Schemas["Selection"];
export type Pick = Schemas["Pick"];
export type Strategy = NonNullable<Selection["strategy"]>;

const PAGE = 48;
const POLL_MS = 2_000;

export const selectionsQuery = (project: string) =>
  queryOptions({
    queryKey: ["selections", project],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/selections", { params: { path: { project }, query: { pageSize: 200 } } })),
    // Somebody else may have begun one, or this page was loaded again meanwhile.
    refetchInterval: ({ state }) => (state.data?.selections?.some((each) => each.state === "CURATION_STATE_RUNNING") ? POLL_MS : false),
  });

export const picksQuery = (project: string, selection: string) =>
  infiniteQueryOptions({
    queryKey: ["selections", project, selection, "picks"],
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET("/v1/projects/{project}/selections/{selection}/picks", {
          params: { path: { project, selection }, query: { pageSize: PAGE, pageToken: pageParam } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
  });

export function useCreateSelection(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (selection: Selection) =>
      unwrap(api.POST("/v1/projects/{project}/selections", { params: { path: { project } }, body: { selection, requestId: newRequestId() } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["selections", project] }),
  });
}

export function useDeleteSelection(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (selection: string) =>
      unwrap(api.DELETE("/v1/projects/{project}/selections/{selection}", { params: { path: { project, selection } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["selections", project] }),
  });
}

/** Puts a tag on all picks of a selection. */
export function useTagSelection(project: string, selection: string) {
  return useMutation({
    mutationFn: (tag: string) =>
      unwrap(
        api.POST("/v1/projects/{project}/selections/{selection}:tag", {
          params: { path: { project, selection } },
          body: { tag, requestId: newRequestId() },
        }),
      ),
  });
}
