import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";

/** Who is signed in; null for nobody. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async (): Promise<Schemas["User"] | null> => {
    try {
      return await unwrap(api.GET("/v1/me"));
    } catch (error) {
      if (error instanceof ApiError && error.isSignedOut) return null;
      throw error;
    }
  },
  staleTime: 60_000,
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
