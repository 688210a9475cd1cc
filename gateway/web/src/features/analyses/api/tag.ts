import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";

/** Gives the images of selected points a tag. */
export function useTagPoints(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ ids, tag }: { ids: string[]; tag: string }) =>
      unwrap(
        api.POST("/v1/projects/{project}/images:modifyTags", {
          params: { path: { project } },
          body: { selector: { images: { ids } }, add: [tag], requestId: crypto.randomUUID() },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["images", project] }),
  });
}
