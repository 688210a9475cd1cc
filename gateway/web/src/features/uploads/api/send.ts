import { ApiError, errorFromBody } from "@/lib/api/errors";
import type { Schemas } from "@/lib/api/client";
import { i18next } from "@/lib/i18n";

export interface UploadAnswer {
  batch: Schemas["UploadBatch"];
  /** What became of each file, in the order of the form. */
  files: Schemas["UploadedFile"][];
}

export interface Sending<Answer = UploadAnswer> {
  answer: Promise<Answer>;
  abort: () => void;
}

/** The name under which a file is sent: with its folders. */
export function pathOf(file: File): string {
  return file.webkitRelativePath || file.name;
}

/** Sends files as one form. The same `requestId` again joins the batch that the first one began. */
export function sendFiles(project: string, requestId: string, files: readonly File[], onProgress: (sent: number) => void): Sending {
  const form = new FormData();
  form.append("request_id", requestId);
  for (const file of files) form.append("file", file, pathOf(file));
  return sendForm(`/v1/projects/${project}/uploadBatches:upload`, form, onProgress);
}

/** Sends a form and tells how far it is, which fetch does not; an error of status 0 is the connection's. */
export function sendForm<Answer>(path: string, form: FormData, onProgress: (sent: number) => void): Sending<Answer> {
  const request = new XMLHttpRequest();
  const answer = new Promise<Answer>((resolve, reject) => {
    request.open("POST", path);
    request.responseType = "json";
    request.upload.onprogress = (event) => { onProgress(event.loaded); };
    request.onload = () => {
      if (request.status === 200 && request.response !== null) resolve(request.response as Answer);
      else reject(errorFromBody(request.status, request.response ?? undefined));
    };
    request.onerror = () => { reject(new ApiError(0, i18next.t("common.connectionLost"))); };
    request.onabort = request.onerror;
    request.send(form);
  });
  return { answer, abort: () => { request.abort(); } };
}
