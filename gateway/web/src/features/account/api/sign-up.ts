import { useMutation } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api/client";

export interface SignUpForm {
  email: string;
  password: string;
  displayName: string;
  departmentDisplayName: string;
  duty: string;
  location: string;
}

export function useSignUp() {
  return useMutation({
    mutationFn: (form: SignUpForm) =>
      unwrap(api.POST("/v1/account:signUp", { body: { ...form, requestId: crypto.randomUUID() } })),
  });
}

export function useVerifyEmail() {
  return useMutation({
    mutationFn: (body: { verification: string; code: string }) =>
      unwrap(api.POST("/v1/account:verifyEmail", { body: { ...body, requestId: crypto.randomUUID() } })),
  });
}
