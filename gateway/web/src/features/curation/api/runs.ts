import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type CurationRun = Schemas["CurationRun"];
export type Outlier = Schemas["Outlier"];
export type DuplicateGroup = Schemas["DuplicateGroup"];
export type Kind = "KIND_OUTLIERS" | "KIND_DUPLICATES";

const OUTLIERS_A_PAGE = 48;
const GROUPS_A_PAGE = 20;
const POLL_MS = 2_000;

export const runsQuery = (project: string) =>
  queryOptions({
    queryKey: ["curationRuns", project],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/curationRuns", { params: { path: { project }, query: { pageSize: 200 } } })),
    refetchInterval: ({ state }) => (state.data?.curationRuns?.some((each) => each.state === "CURATION_STATE_RUNNING") ? POLL_MS : false),
  });

export const outliersQuery = (project: string, run: string) =>
  infiniteQueryOptions({
    queryKey: ["curationRuns", project, run, "outliers"],
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET("/v1/projects/{project}/curationRuns/{curation_run}/outliers", {
          params: { path: { project, curation_run: run }, query: { pageSize: OUTLIERS_A_PAGE, pageToken: pageParam } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
  });

export const groupsQuery = (project: string, run: string) =>
  infiniteQueryOptions({
    queryKey: ["curationRuns", project, run, "groups"],
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET("/v1/projects/{project}/curationRuns/{curation_run}/duplicateGroups", {
          params: { path: { project, curation_run: run }, query: { pageSize: GROUPS_A_PAGE, pageToken: pageParam } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
  });

export function useCreateRun(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (curationRun: CurationRun) =>
      unwrap(api.POST("/v1/projects/{project}/curationRuns", { params: { path: { project } }, body: { curationRun, requestId: newRequestId() } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["curationRuns", project] }),
  });
}
