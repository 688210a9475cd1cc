import createClient from "openapi-fetch";
import { errorFromBody } from "@/lib/api/errors";
import type { components, paths } from "@/lib/api/schema.gen";

export type Schemas = components["schemas"];

export const api = createClient<paths>({ baseUrl: window.location.origin });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer; throws the ApiError that it says otherwise. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok || data === undefined) throw errorFromBody(response.status, error);
  return data;
}

/** The last part of a resource name: the id. */
export function idOf(name: string | undefined): string {
  return (name ?? "").split("/").at(-1) ?? "";
}
