import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type Evaluation = Schemas["Evaluation"];
export type Measurement = Schemas["Measurement"];
export type Rate = Schemas["Rate"];
export type VerdictRates = Schemas["VerdictRates"];
export type GroupedRates = Schemas["GroupedRates"];

/** What is measured. */
export interface Asked {
  query: string;
  model: string;
  minIou: number;
  minConfidence: number;
  /** A field to tell the rates by; empty: none. */
  groupBy: string;
}

export const PLAIN: Asked = { query: "", model: "", minIou: 0.6, minConfidence: 0, groupBy: "" };

/** The query of exactly the images whose boxes a cell counts. */
export async function cellQuery(project: string, asked: Asked, cell: { truth?: string; predicted?: string }): Promise<string> {
  const body = {
    query: asked.query,
    model: asked.model,
    minIou: asked.minIou,
    minConfidence: asked.minConfidence,
    truth: cell.truth ?? "",
    predicted: cell.predicted ?? "",
    requestId: newRequestId(),
  };
  const kept = await unwrap(api.POST("/v1/projects/{project}:keepCellImages", { params: { path: { project } }, body }));
  return kept.query ?? "";
}

export const evaluationQuery = (project: string, asked: Asked) =>
  queryOptions({
    queryKey: ["evaluation", project, asked],
    queryFn: () =>
      unwrap(
        api.GET("/v1/projects/{project}:evaluate", {
          params: {
            path: { project },
            query: { query: asked.query, model: asked.model, minIou: asked.minIou, minConfidence: asked.minConfidence, ...(asked.groupBy && { groupBy: [asked.groupBy] }) },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });
