import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: () => unwrap(api.GET("/v1/projects", { params: { query: { pageSize: 200 } } })),
});

export const projectQuery = (project: string) =>
  queryOptions({
    queryKey: ["projects", project],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}", { params: { path: { project } } })),
    refetchInterval: ({ state }) => (Number(state.data?.imageCounts?.pending ?? 0) > 0 ? 2000 : false),
  });

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: () => unwrap(api.GET("/v1/models")),
  staleTime: 300_000,
});

export function useCreateProject() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (project: Schemas["Project"]) =>
      unwrap(api.POST("/v1/projects", { body: project, params: { query: { requestId: crypto.randomUUID() } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["projects"] }),
  });
}
