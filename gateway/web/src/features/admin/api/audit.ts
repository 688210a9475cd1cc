import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";

export interface AuditFilter {
  action: string;
  actor: string;
  clientAddress: string;
  outcome: "" | NonNullable<Schemas["AuditEvent"]["outcome"]>;
  /** Days as `2026-11-22`, in the browser's time zone; empty: no bound. The last day is part of it. */
  begin: string;
  end: string;
}

const DAY_MS = 86_400_000;

/** The filter as the contract writes it, without what is empty. */
export function asQuery({ action, actor, clientAddress, outcome, begin, end }: AuditFilter) {
  return {
    ...(action && { action }),
    ...(actor && { actor }),
    ...(clientAddress && { clientAddress }),
    ...(outcome && { outcome }),
    ...(begin && { startTime: new Date(`${begin}T00:00`).toISOString() }),
    ...(end && { endTime: new Date(new Date(`${end}T00:00`).getTime() + DAY_MS).toISOString() }),
  };
}

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/auditEvents", { params: { query: { ...asQuery(filter), pageSize: 100, pageToken: pageParam } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    placeholderData: (before) => before,
  });

/** Where the same events come as a file. */
export function exportLink(filter: AuditFilter, format: "FORMAT_CSV" | "FORMAT_JSONL"): string {
  return `/v1/auditEvents:export?${new URLSearchParams({ ...asQuery(filter), format }).toString()}`;
}
