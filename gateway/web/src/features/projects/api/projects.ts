import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, idOf, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type Project = Schemas["Project"];
export type Member = Schemas["ProjectMember"];
export type Model = Schemas["Model"];

const PAGE = 60;

/** Projects whose name contains a text, newest first. */
export const projectsQuery = (filter: string) =>
  infiniteQueryOptions({
    queryKey: ["projects", "list", filter],
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/projects", { params: { query: { pageSize: PAGE, pageToken: pageParam, ...(filter && { filter }) } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    placeholderData: (before) => before,
  });

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: () => unwrap(api.GET("/v1/models", { params: { query: { pageSize: 200 } } })),
  staleTime: 300_000,
});

export function useCreateProject() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (project: Project) =>
      unwrap(api.POST("/v1/projects", { body: project, params: { query: { requestId: newRequestId() } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["projects"] }),
  });
}

/** Changes those fields of a project that are given; refused when somebody else changed it meanwhile. */
export function useUpdateProject(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ etag, ...changed }: Project) =>
      unwrap(
        api.PATCH("/v1/projects/{project}", {
          params: { path: { project }, query: { updateMask: Object.keys(changed).join(","), requestId: newRequestId() } },
          body: { ...changed, ...(etag && { etag }) },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["projects"] }),
  });
}

export function useTransferProject(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (owner: string) =>
      unwrap(api.POST("/v1/projects/{project}:transfer", { params: { path: { project } }, body: { owner, requestId: newRequestId() } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["projects"] }),
  });
}

export function useDeleteProject(project: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/v1/projects/{project}", { params: { path: { project }, query: { requestId: newRequestId() } } })),
    onSuccess: () => {
      cache.removeQueries({ queryKey: ["projects", project] });
      return cache.invalidateQueries({ queryKey: ["projects", "list"] });
    },
  });
}

/** People whose name contains a text, for sharing. */
export const peopleQuery = (name: string) =>
  queryOptions({
    queryKey: ["people", name],
    queryFn: () => unwrap(api.GET("/v1/users", { params: { query: { displayNameContains: name, pageSize: 8 } } })),
    placeholderData: (before) => before,
  });

export const departmentsQuery = queryOptions({
  queryKey: ["departments"],
  queryFn: () => unwrap(api.GET("/v1/departments", { params: { query: { pageSize: 1000 } } })),
});

/** What a user or a department is called. */
export const principalQuery = (name: string) =>
  queryOptions({
    queryKey: ["principals", name],
    queryFn: async () => {
      const id = idOf(name);
      if (name.startsWith("users/")) return (await unwrap(api.GET("/v1/users/{user}", { params: { path: { user: id } } }))).displayName ?? name;
      return (await unwrap(api.GET("/v1/departments/{department}", { params: { path: { department: id } } }))).displayName ?? name;
    },
    staleTime: 300_000,
  });
