import { errorFromBody } from "@/lib/api/errors";
import type { Schemas } from "@/lib/api/client";

export interface UploadAnswer {
  batch: Schemas["UploadBatch"];
  files: Schemas["UploadedFile"][];
}

/** Sends files as one form; XMLHttpRequest, because fetch does not tell how far an upload is. */
export function sendFiles(project: string, files: File[], onProgress: (sent: number, total: number) => void): Promise<UploadAnswer> {
  const form = new FormData();
  form.append("request_id", crypto.randomUUID());
  for (const file of files) form.append("file", file, file.webkitRelativePath || file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/v1/projects/${project}/uploadBatches:upload`);
    request.responseType = "json";
    request.upload.onprogress = (event) => { onProgress(event.loaded, event.total); };
    request.onload = () => {
      if (request.status === 200) resolve(request.response as UploadAnswer);
      else reject(errorFromBody(request.status, request.response));
    };
    request.onerror = () => { reject(errorFromBody(0, { error: { message: "The connection broke off. What was sent before is safe; send the rest again." } })); };
    request.send(form);
  });
}
