import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { readCoordinates } from "@/features/analyses/api/coordinates";
import { readPointValues } from "@/features/analyses/api/point-values";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { errorFromBody } from "@/lib/api/errors";

export type Analysis = Schemas["Analysis"];

export const analysesQuery = (project: string) =>
  queryOptions({
    queryKey: ["analyses", project],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/analyses", { params: { path: { project }, query: { pageSize: 200 } } })),
  });

export const coordinatesQuery = (project: string, analysis: string) =>
  queryOptions({
    queryKey: ["analyses", project, analysis, "coordinates"],
    queryFn: async () => {
      const answer = await fetch(`/v1/projects/${project}/analyses/${analysis}:coordinates`);
      if (!answer.ok) throw errorFromBody(answer.status, await answer.json());
      return readCoordinates(await answer.arrayBuffer());
    },
    staleTime: Infinity,
  });

export const pointValuesQuery = (project: string, analysis: string, field: string) =>
  queryOptions({
    queryKey: ["analyses", project, analysis, "values", field],
    queryFn: async () =>
      readPointValues(
        await unwrap(
          api.GET("/v1/projects/{project}/analyses/{analysis}:pointValues", {
            params: { path: { project, analysis }, query: { field } },
          }),
        ),
      ),
  });

export function useCreateAnalysis(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (analysis: Analysis) =>
      unwrap(
        api.POST("/v1/projects/{project}/analyses", {
          params: { path: { project } },
          body: { analysis, requestId: crypto.randomUUID() },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["analyses", project] }),
  });
}

export function useDeleteAnalysis(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (analysis: string) =>
      unwrap(api.DELETE("/v1/projects/{project}/analyses/{analysis}", { params: { path: { project, analysis } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["analyses", project] }),
  });
}
