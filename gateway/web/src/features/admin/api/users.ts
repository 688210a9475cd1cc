import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, idOf, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type User = Schemas["User"];
export type Role = NonNullable<User["role"]>;

export interface UserFilter {
  displayNameContains: string;
  emailContains: string;
  role: Role | "";
  state: NonNullable<User["state"]> | "";
}

export const usersQuery = ({ displayNameContains, emailContains, role, state }: UserFilter) =>
  infiniteQueryOptions({
    queryKey: ["users", displayNameContains, emailContains, role, state],
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET("/v1/users", {
          params: { query: { displayNameContains, emailContains, ...(role && { role }), ...(state && { state }), pageSize: 100, pageToken: pageParam } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    placeholderData: (before) => before,
  });

export const departmentsQuery = queryOptions({
  queryKey: ["departments"],
  queryFn: () => unwrap(api.GET("/v1/departments", { params: { query: { pageSize: 1000 } } })),
});

/** Changes a person's role or department. */
export function useUpdateUser() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ name, ...changed }: { name: string; role?: Role; department?: string }) =>
      unwrap(
        api.PATCH("/v1/users/{user}", {
          params: { path: { user: idOf(name) }, query: { updateMask: Object.keys(changed).join(","), requestId: newRequestId() } },
          body: changed,
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["users"] }),
  });
}

/** Closes an account, or opens it again. */
export function useSetEnabled() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ name, isEnabled }: { name: string; isEnabled: boolean }) => {
      const call = { params: { path: { user: idOf(name) } }, body: { requestId: newRequestId() } };
      return unwrap(isEnabled ? api.POST("/v1/users/{user}:enable", call) : api.POST("/v1/users/{user}:disable", call));
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: ["users"] }),
  });
}
