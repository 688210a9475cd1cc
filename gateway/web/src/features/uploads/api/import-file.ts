import { sendForm, type Sending } from "@/features/uploads/api/send";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type Operation = Schemas["Operation"];
export type ImportKind = "labels" | "metadata";

/** What is to be done with a file for images that are there. */
export interface ImportWish {
  kind: ImportKind;
  /** What its rows name images by. */
  key: string;
  /** Whether labels take the place of all that their images have. */
  replace: boolean;
  applyGoodRows: boolean;
  validateOnly: boolean;
}

export interface ImportReport {
  applied?: boolean;
  imageCount?: string;
  refusedCount?: string;
  faults?: { fileName?: string; row?: string; status?: { message?: string } }[];
}

export function importFile(project: string, file: File, wish: ImportWish, onProgress: (sent: number) => void): Sending<Operation> {
  const form = new FormData();
  form.append("request_id", newRequestId());
  form.append("key", wish.key);
  if (wish.kind === "labels") form.append("replace", String(wish.replace));
  form.append("apply_good_rows", String(wish.applyGoodRows));
  form.append("validate_only", String(wish.validateOnly));
  form.append("content", file, file.name);
  return sendForm<Operation>(`/v1/projects/${project}/${wish.kind}:import`, form, onProgress);
}

/** Takes back what an import changed and nobody changed since. */
export function undoImport(name: string): Promise<Operation> {
  const [, project = "", , operation = ""] = name.split("/");
  return unwrap(api.POST("/v1/projects/{project}/operations/{operation}:undo", { params: { path: { project, operation } }, body: { requestId: newRequestId() } }));
}
