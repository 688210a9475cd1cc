import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";

interface TagChange {
  ids: string[];
  add?: string[];
  remove?: string[];
}

/** Puts tags on images or takes them off. */
export function useModifyTags(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ ids, add = [], remove = [] }: TagChange) =>
      unwrap(
        api.POST("/v1/projects/{project}/images:modifyTags", {
          params: { path: { project } },
          body: { selector: { images: { ids } }, add, remove, requestId: crypto.randomUUID() },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["images", project] }),
  });
}

/** Gives an image its ground-truth class. */
export function useSetTruth(project: string, image: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (displayName: string) =>
      unwrap(
        api.POST("/v1/projects/{project}/images/{image}/labels", {
          params: { path: { project, image }, query: { requestId: crypto.randomUUID() } },
          body: { displayName },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["images", project] }),
  });
}
