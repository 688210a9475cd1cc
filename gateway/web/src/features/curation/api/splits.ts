import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type Split = Schemas["Split"];
export type SplitImage = Schemas["SplitImage"];
export type Part = "SPLIT_PART_TRAIN" | "SPLIT_PART_VAL" | "SPLIT_PART_TEST";
/** Between which parts to look: those of a split, or what queries find. */
export type LeakageWish = { split: string } | { parts: { displayName: string; query: string }[] };

const PAGE = 48;
const GROUPS_A_PAGE = 20;
const POLL_MS = 2_000;

export const splitsQuery = (project: string) =>
  queryOptions({
    queryKey: ["splits", project],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/splits", { params: { path: { project }, query: { pageSize: 200 } } })),
    // Somebody else may have begun one, or this page was loaded again meanwhile.
    refetchInterval: ({ state }) => (state.data?.splits?.some((each) => each.state === "CURATION_STATE_RUNNING") ? POLL_MS : false),
  });

export const splitImagesQuery = (project: string, split: string, part: Part) =>
  infiniteQueryOptions({
    queryKey: ["splits", project, split, "images", part],
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET("/v1/projects/{project}/splits/{split}/images", {
          params: { path: { project, split }, query: { part, pageSize: PAGE, pageToken: pageParam } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
  });

export const leakageQuery = (project: string, wish: LeakageWish) =>
  infiniteQueryOptions({
    queryKey: ["splits", project, "leakage", wish],
    queryFn: ({ pageParam }) =>
      unwrap(
        api.POST("/v1/projects/{project}/splits:findLeakage", {
          params: { path: { project } },
          body: { ...wish, pageSize: GROUPS_A_PAGE, pageToken: pageParam },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
  });

export function useCreateSplit(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (split: Split) =>
      unwrap(api.POST("/v1/projects/{project}/splits", { params: { path: { project } }, body: { split, requestId: newRequestId() } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["splits", project] }),
  });
}

export function useDeleteSplit(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (split: string) => unwrap(api.DELETE("/v1/projects/{project}/splits/{split}", { params: { path: { project, split } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["splits", project] }),
  });
}

/** Puts the tag of a part on its images. */
export function useTagSplit(project: string, split: string) {
  return useMutation({
    mutationFn: (part: Part) =>
      unwrap(
        api.POST("/v1/projects/{project}/splits/{split}:tag", {
          params: { path: { project, split } },
          body: { part, requestId: newRequestId() },
        }),
      ),
  });
}
