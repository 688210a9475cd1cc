import { queryOptions, useMutation } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export interface SignUpForm {
  email: string;
  password: string;
  displayName: string;
  departmentDisplayName: string;
  duty: string;
  location: string;
}

/** Which ways to sign in and up there are here. */
export const signInOptionsQuery = queryOptions({
  queryKey: ["signInOptions"],
  queryFn: () => unwrap(api.GET("/v1/account:signInOptions")),
  staleTime: Infinity,
});

export function useSignUp() {
  return useMutation({
    mutationFn: (form: SignUpForm) =>
      unwrap(api.POST("/v1/account:signUp", { body: { ...form, requestId: newRequestId() } })),
  });
}

export function useVerifyEmail() {
  return useMutation({
    mutationFn: (body: { verification: string; code: string }) =>
      unwrap(api.POST("/v1/account:verifyEmail", { body: { ...body, requestId: newRequestId() } })),
  });
}

/** Mails the code once more. */
export function useResendCode() {
  return useMutation({
    mutationFn: (verification: string) =>
      unwrap(api.POST("/v1/account:resendVerification", { body: { verification, requestId: newRequestId() } })),
  });
}

export function useRequestReset() {
  return useMutation({
    mutationFn: (email: string) =>
      unwrap(api.POST("/v1/account:requestPasswordReset", { body: { email, requestId: newRequestId() } })),
  });
}

export function useResetPassword() {
  return useMutation({
    mutationFn: (body: { verification: string; code: string; newPassword: string }) =>
      unwrap(api.POST("/v1/account:resetPassword", { body: { ...body, requestId: newRequestId() } })),
  });
}
