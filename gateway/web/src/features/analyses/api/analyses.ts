import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { readCoordinates } from "@/features/analyses/api/coordinates";
import { readPointValues, type PointValues } from "@/features/analyses/api/point-values";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { ApiError, errorFromBody } from "@/lib/api/errors";
import { newRequestId } from "@/lib/request-id";

export type Analysis = Schemas["Analysis"];

const CURRENT_MS = 10_000;
/** Loupe makes a new early picture about as often. */
const EARLY_MS = 2_000;

export const analysesQuery = (project: string) =>
  queryOptions({
    queryKey: ["analyses", project],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/analyses", { params: { path: { project }, query: { pageSize: 200 } } })),
    // What is kept current grows by itself.
    refetchInterval: ({ state }) => (state.data?.analyses?.some((each) => each.keptCurrent) ? CURRENT_MS : false),
  });

export const coordinatesQuery = (project: string, analysis: string) =>
  queryOptions({
    queryKey: ["analysis", project, analysis, "coordinates"],
    queryFn: async () => readCoordinates(await table(`/v1/projects/${project}/analyses/${analysis}:coordinates`)),
    staleTime: Infinity,
    // Typed arrays of a million rows: nothing to compare with what was there before.
    structuralSharing: false,
  });

/** Where some of the points are while the map is made; null while there is no picture yet, or none any more. */
export const earlyPictureQuery = (project: string, analysis: string) =>
  queryOptions({
    queryKey: ["analysis", project, analysis, "early"],
    queryFn: async () => {
      try {
        return readCoordinates(await table(`/v1/projects/${project}/analyses/${analysis}:coordinates?early=true`));
      } catch (error) {
        if (error instanceof ApiError && error.reason === "ANALYSIS_NOT_READY") return null;
        throw error;
      }
    },
    refetchInterval: EARLY_MS,
    retry: false,
    gcTime: 0,
    structuralSharing: false,
  });

/** What colours the `count` points of the early picture. */
export const earlyValuesQuery = (project: string, analysis: string, field: string, count: number) =>
  queryOptions({
    queryKey: ["analysis", project, analysis, "early", field, count],
    queryFn: () => pointValues(project, analysis, { field, early: "true" }),
    staleTime: Infinity,
    retry: false,
    gcTime: 0,
    structuralSharing: false,
    enabled: count > 0,
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

async function pointValues(project: string, analysis: string, query: Record<string, string>): Promise<PointValues> {
  return readPointValues(await table(`/v1/projects/${project}/analyses/${analysis}:values?${new URLSearchParams(query).toString()}`));
}

/** A binary table, which the client that is made from the contracts would read as JSON. */
async function table(address: string): Promise<ArrayBuffer> {
  const answer = await fetch(address);
  if (!answer.ok) throw errorFromBody(answer.status, await answer.json());
  return answer.arrayBuffer();
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
          body: { analysis, requestId: newRequestId() },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["analyses", project] }),
  });
}

/** Places the images on a map that its own query finds now; answers with the operation. */
export function usePlaceImages(project: string) {
  return useMutation({
    mutationFn: (analysis: string) =>
      unwrap(
        api.POST("/v1/projects/{project}/analyses/{analysis}:place", {
          params: { path: { project, analysis } },
          body: { requestId: newRequestId() },
        }),
      ),
  });
}

/** Renames a map, shares it, or keeps it current. */
export function useUpdateAnalysis(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...changed }: Pick<Analysis, "displayName" | "visibility" | "keptCurrent"> & { id: string }) =>
      unwrap(
        api.PATCH("/v1/projects/{project}/analyses/{analysis}", {
          params: { path: { project, analysis: id }, query: { requestId: newRequestId() } },
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
