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
    queryKey: ["analysis", project, analysis, "coordinates"],
    queryFn: async () => {
      const answer = await fetch(`/v1/projects/${project}/analyses/${analysis}:coordinates`);
      if (!answer.ok) throw errorFromBody(answer.status, await answer.json());
      return readCoordinates(await answer.arrayBuffer());
    },
    staleTime: Infinity,
    // Typed arrays of a million rows: nothing to compare with what was there before.
    structuralSharing: false,
  });

/** What colours the points: the value of a field for each. */
export const pointValuesQuery = (project: string, analysis: string, field: string) =>
  queryOptions({
    queryKey: ["analysis", project, analysis, "values", field],
    queryFn: () => pointValues(project, analysis, { field }),
    structuralSharing: false,
  });

/** Which points a query finds; an empty query asks for nothing. */
export const pointMatchesQuery = (project: string, analysis: string, query: string) =>
  queryOptions({
    queryKey: ["analysis", project, analysis, "matches", query],
    queryFn: () => pointValues(project, analysis, { query }),
    structuralSharing: false,
    enabled: query !== "",
  });

async function pointValues(project: string, analysis: string, query: { field?: string; query?: string }) {
  const call = api.GET("/v1/projects/{project}/analyses/{analysis}:pointValues", { params: { path: { project, analysis }, query } });
  return readPointValues(await unwrap(call));
}

/** One image, for what is said about a point. */
export const pointQuery = (project: string, image: string) =>
  queryOptions({
    queryKey: ["images", project, "one", image],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/images/{image}", { params: { path: { project, image } } })),
    staleTime: 60_000,
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

/** Renames a map, or shares it. */
export function useUpdateAnalysis(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...changed }: Pick<Analysis, "displayName" | "visibility"> & { id: string }) =>
      unwrap(
        api.PATCH("/v1/projects/{project}/analyses/{analysis}", {
          params: { path: { project, analysis: id }, query: { requestId: crypto.randomUUID() } },
          body: changed,
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
