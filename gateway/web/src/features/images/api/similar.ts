import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";

const COUNT = 12;

/** The images that are most like one, most alike first. */
export const similarQuery = (project: string, image: string) =>
  queryOptions({
    queryKey: ["similar", project, image],
    queryFn: () =>
      unwrap(api.GET("/v1/projects/{project}/images/{image}:findSimilar", { params: { path: { project, image }, query: { count: COUNT } } })),
    staleTime: 60_000,
  });

/** The objects that are most like one that a detector found, most alike first. */
export const similarObjectsQuery = (project: string, image: string, model: string, object: number) =>
  queryOptions({
    queryKey: ["similar", project, image, "objects", model, object],
    queryFn: () =>
      unwrap(
        api.GET("/v1/projects/{project}/images/{image}:findSimilarObjects", {
          params: { path: { project, image }, query: { object, count: COUNT, featureSource: `models/${model}` } },
        }),
      ),
    staleTime: 60_000,
  });
