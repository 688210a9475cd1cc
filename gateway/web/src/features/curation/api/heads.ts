import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type Head = Schemas["Head"];

const POLL_MS = 2_000;

export const headsQuery = (project: string) =>
  queryOptions({
    queryKey: ["heads", project],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/heads", { params: { path: { project }, query: { pageSize: 200 } } })),
    // Somebody else may be teaching one, or this page was loaded again meanwhile.
    refetchInterval: ({ state }) => (state.data?.heads?.some((each) => each.state === "STATE_RUNNING") ? POLL_MS : false),
  });

export function useTeachHead(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (head: Head) =>
      unwrap(api.POST("/v1/projects/{project}/heads", { params: { path: { project } }, body: { head, requestId: newRequestId() } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["heads", project] }),
  });
}

/** Makes a version the one in use, its answers the project's verdicts or not. */
export function useUseHead(project: string, head: string) {
  return useMutation({
    mutationFn: (asVerdict: boolean) =>
      unwrap(
        api.POST("/v1/projects/{project}/heads/{head}:use", {
          params: { path: { project, head } },
          body: { asVerdict, requestId: newRequestId() },
        }),
      ),
  });
}

export function useDeleteHead(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (head: string) => unwrap(api.DELETE("/v1/projects/{project}/heads/{head}", { params: { path: { project, head } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["heads", project] }),
  });
}
