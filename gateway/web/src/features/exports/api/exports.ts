import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";

export type Content = Schemas["Export.Content"];
export type Selector = Schemas["ImageSelector"];

export const exportsQuery = (project: string) =>
  queryOptions({
    queryKey: ["exports", project],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/exports", { params: { path: { project } } })),
  });

export function useCreateExport(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ selector, contents }: { selector: Selector; contents: Content[] }) =>
      unwrap(
        api.POST("/v1/projects/{project}/exports", {
          params: { path: { project } },
          body: { export: { selector, contents }, requestId: crypto.randomUUID() },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["exports", project] }),
  });
}

export function useDeleteExport(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.DELETE("/v1/projects/{project}/exports/{export}", { params: { path: { project, export: id }, query: { requestId: crypto.randomUUID() } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["exports", project] }),
  });
}
