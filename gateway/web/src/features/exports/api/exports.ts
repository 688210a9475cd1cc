import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";

export type Content = Schemas["Export.Content"];

export const exportsQuery = (project: string) =>
  queryOptions({
    queryKey: ["exports", project],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/exports", { params: { path: { project } } })),
  });

export function useCreateExport(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ query, contents }: { query: string; contents: Content[] }) =>
      unwrap(
        api.POST("/v1/projects/{project}/exports", {
          params: { path: { project } },
          body: { export: { selector: { query }, contents }, requestId: crypto.randomUUID() },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["exports", project] }),
  });
}
