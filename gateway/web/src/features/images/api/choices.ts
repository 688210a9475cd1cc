import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";

// What forms propose; asked for when one opens.

export const tagsQuery = (project: string) =>
  queryOptions({
    queryKey: ["images", project, "tags"],
    queryFn: async () => {
      const found = await unwrap(api.GET("/v1/projects/{project}/tags", { params: { path: { project }, query: { pageSize: 500 } } }));
      return (found.tags ?? []).filter((tag) => tag.origin === "TAG_ORIGIN_USER").map((tag) => tag.displayName ?? "");
    },
  });

/** Classes that people or models gave. */
export const classesQuery = (project: string) =>
  queryOptions({
    queryKey: ["images", project, "classes"],
    queryFn: async () => {
      const found = await unwrap(
        api.GET("/v1/projects/{project}/images:facets", { params: { path: { project }, query: { fields: ["truth", "label"], valueLimit: 200 } } }),
      );
      const values = (found.facets ?? []).flatMap((facet) => facet.values ?? []).map(({ value = "" }) => (/^".*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value));
      return [...new Set(values)];
    },
  });

export const keysQuery = (project: string) =>
  queryOptions({
    queryKey: ["images", project, "keys"],
    queryFn: async () => {
      const found = await unwrap(api.GET("/v1/projects/{project}/metadataKeys", { params: { path: { project } } }));
      return (found.keys ?? []).map((key) => key.key ?? "");
    },
  });

export const modelChoicesQuery = queryOptions({
  queryKey: ["models", "choices"],
  queryFn: () => unwrap(api.GET("/v1/models")),
  staleTime: 300_000,
});

export const projectChoicesQuery = queryOptions({
  queryKey: ["projects", "choices"],
  queryFn: () => unwrap(api.GET("/v1/projects", { params: { query: { pageSize: 200 } } })),
});

// As many as a page can show.
const NUMBER_KEYS = 6;

/** Metadata keys whose values are numbers, as fields of the query language. */
export const numberKeysQuery = (project: string) =>
  queryOptions({
    queryKey: ["images", project, "numberKeys"],
    queryFn: async () => {
      const found = await unwrap(api.GET("/v1/projects/{project}/metadataKeys", { params: { path: { project } } }));
      return (found.keys ?? [])
        .filter((key) => key.types?.[0] === "TYPE_NUMBER")
        .slice(0, NUMBER_KEYS)
        .map(({ key = "" }) => `meta.${/^[\p{L}\p{N}_]+$/u.test(key) ? key : `"${key.replace(/[\\"]/g, "\\$&")}"`}`);
    },
    staleTime: 60_000,
  });
