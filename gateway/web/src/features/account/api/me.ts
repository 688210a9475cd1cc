import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { meQuery } from "@/lib/api/rights";
import { newRequestId } from "@/lib/request-id";

export type User = Schemas["User"];

export const departmentsQuery = queryOptions({
  queryKey: ["departments"],
  queryFn: () => unwrap(api.GET("/v1/departments", { params: { query: { pageSize: 1000 } } })),
});

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { email: string; password: string }) => unwrap(api.POST("/v1/account:signIn", { body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: meQuery.queryKey }),
  });
}

export function useSignOut() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/v1/account:signOut", { body: {} })),
    onSettled: () => {
      cache.clear();
    },
  });
}

/** Changes one's own profile; another department is a request that somebody decides on. */
export function useUpdateMe() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (profile: Pick<User, "displayName" | "department" | "duty" | "location">) =>
      unwrap(
        api.PATCH("/v1/me", {
          params: { query: { updateMask: "displayName,department,duty,location", requestId: newRequestId() } },
          body: profile,
        }),
      ),
    onSuccess: (me) => { cache.setQueryData(meQuery.queryKey, me); },
  });
}

export function useChangePassword() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { currentPassword: string; newPassword: string }) =>
      unwrap(api.POST("/v1/me:changePassword", { body: { ...body, requestId: newRequestId() } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["sessions"] }),
  });
}
