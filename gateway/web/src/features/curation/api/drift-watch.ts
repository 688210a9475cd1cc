import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";
import { newRequestId } from "@/lib/request-id";

export type DriftWatch = Schemas["DriftWatch"];
export type DriftPoint = Schemas["DriftPoint"];
export type DriftAlert = Schemas["DriftAlert"];

const POINTS = 500;
const POLL_MS = 10_000;

/** How a project is watched; null for not. */
export const watchQuery = (project: string) =>
  queryOptions({
    queryKey: ["driftWatch", project],
    queryFn: async (): Promise<DriftWatch | null> => {
      try {
        return await unwrap(api.GET("/v1/projects/{project}/driftWatch", { params: { path: { project } } }));
      } catch (error) {
        if (error instanceof ApiError && error.reason === "DRIFT_WATCH_NOT_FOUND") return null;
        throw error;
      }
    },
    refetchInterval: POLL_MS,
  });

/** What the looks found, the newest first. */
export const pointsQuery = (project: string, lookTime: string) =>
  queryOptions({
    queryKey: ["driftWatch", project, "points", lookTime],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/driftWatch/points", { params: { path: { project }, query: { pageSize: POINTS } } })),
    placeholderData: (before) => before,
  });

export const alertsQuery = (project: string) =>
  queryOptions({
    queryKey: ["driftWatch", project, "alerts"],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/driftWatch/alerts", { params: { path: { project }, query: { pageSize: 20 } } })),
    refetchInterval: POLL_MS,
  });

export function useUpdateWatch(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (driftWatch: DriftWatch) =>
      unwrap(
        api.PATCH("/v1/projects/{project}/driftWatch", {
          params: { path: { project }, query: { updateMask: Object.keys(driftWatch).join(","), requestId: newRequestId() } },
          body: driftWatch,
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["driftWatch", project] }),
  });
}

export function useDeleteWatch(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/v1/projects/{project}/driftWatch", { params: { path: { project } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["driftWatch", project] }),
  });
}

export function useLook(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () =>
      unwrap(api.POST("/v1/projects/{project}/driftWatch:look", { params: { path: { project } }, body: { requestId: newRequestId() } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["driftWatch", project] }),
  });
}

/** Tries the webhook. */
export function useTestWebhook(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () =>
      unwrap(api.POST("/v1/projects/{project}/driftWatch:test", { params: { path: { project } }, body: { requestId: newRequestId() } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["driftWatch", project, "alerts"] }),
  });
}
