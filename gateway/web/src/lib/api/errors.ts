import type { components } from "@/lib/api/schema.gen";

type ErrorBody = components["schemas"]["Error"];

/** What Loupe answered instead of a result. Code branches on `reason`, people read `message`. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;

  constructor(status: number, message: string, reason = "", metadata: Record<string, string> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.reason = reason;
    this.metadata = metadata;
  }

  get isSignedOut(): boolean {
    return this.status === 401;
  }
}

interface ErrorInfo {
  "@type": string;
  reason?: string;
  metadata?: Record<string, string>;
}

/** The error that a body in the form of AIP-193 says. */
export function errorFromBody(status: number, body: unknown): ApiError {
  const said = (body as ErrorBody | undefined)?.error;
  const details = (said?.details ?? []) as ErrorInfo[];
  const info = details.find((detail) => detail["@type"].endsWith("google.rpc.ErrorInfo"));
  return new ApiError(status, said?.message ?? `HTTP ${status}`, info?.reason, info?.metadata);
}
