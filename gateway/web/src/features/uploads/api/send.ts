import { ApiError, errorFromBody } from "@/lib/api/errors";
import type { Schemas } from "@/lib/api/client";

export interface UploadAnswer {
  batch: Schemas["UploadBatch"];
  /** What became of each file, in the order of the form. */
  files: Schemas["UploadedFile"][];
}

export interface Sending {
  answer: Promise<UploadAnswer>;
  abort: () => void;
}

/** The name under which a file is sent: with its folders. */
export function pathOf(file: File): string {
  return file.webkitRelativePath || file.name;
}

/**
 * Sends files as one form. XMLHttpRequest, because fetch does not tell how far an upload is.
 *
 * The same `requestId` again joins the batch that the first one began. An error of status 0 is the connection's.
 */
export function sendFiles(project: string, requestId: string, files: readonly File[], onProgress: (sent: number) => void): Sending {
  const form = new FormData();
  form.append("request_id", requestId);
  for (const file of files) form.append("file", file, pathOf(file));
  const request = new XMLHttpRequest();
  const answer = new Promise<UploadAnswer>((resolve, reject) => {
    request.open("POST", `/v1/projects/${project}/uploadBatches:upload`);
    request.responseType = "json";
    request.upload.onprogress = (event) => { onProgress(event.loaded); };
    request.onload = () => {
      if (request.status === 200 && request.response !== null) resolve(request.response as UploadAnswer);
      else reject(errorFromBody(request.status, request.response ?? undefined));
    };
    request.onerror = () => { reject(new ApiError(0, "The connection broke off.")); };
    request.onabort = request.onerror;
    request.send(form);
  });
  return { answer, abort: () => { request.abort(); } };
}
