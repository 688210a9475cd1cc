import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type Content = Schemas["Export.Content"];
export type Selector = Schemas["ImageSelector"];
/** Which images: chosen ones, or those of a split, in folders for training, validation and test. */
export type Images = { selector: Selector } | { split: string };

export const exportsQuery = (project: string) =>
  queryOptions({
    queryKey: ["exports", project],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/exports", { params: { path: { project } } })),
  });

export function useCreateExport(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ images, contents }: { images: Images; contents: Content[] }) =>
      unwrap(
        api.POST("/v1/projects/{project}/exports", {
          params: { path: { project } },
          body: { export: { ...images, contents }, requestId: newRequestId() },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["exports", project] }),
  });
}

export function useDeleteExport(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.DELETE("/v1/projects/{project}/exports/{export}", { params: { path: { project, export: id }, query: { requestId: newRequestId() } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["exports", project] }),
  });
}
