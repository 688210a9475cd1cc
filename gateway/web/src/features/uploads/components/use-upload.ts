import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { sendFiles } from "@/features/uploads/api/send";
import type { Schemas } from "@/lib/api/client";
import { follow } from "@/lib/api/events";

export type Phase = "idle" | "sending" | "analysing" | "done";

export interface Upload {
  phase: Phase;
  sent: number;
  total: number;
  batch: Schemas["UploadBatch"] | null;
  error: Error | null;
}

const IDLE: Upload = { phase: "idle", sent: 0, total: 0, batch: null, error: null };

/** Sends files and follows their analysis until nothing is pending. */
export function useUpload(project: string): [Upload, (files: File[]) => void] {
  const cache = useQueryClient();
  const [upload, setUpload] = useState(IDLE);
  const stop = useRef<() => void>(() => undefined);
  useEffect(() => () => { stop.current(); }, []);

  const refresh = () => {
    void cache.invalidateQueries({ queryKey: ["projects"] });
    void cache.invalidateQueries({ queryKey: ["images", project] });
  };
  const watch = (batch: Schemas["UploadBatch"]) => {
    setUpload((before) => ({ ...before, phase: "analysing", batch }));
    stop.current = follow<Schemas["UploadBatch"]>(`/v1/${batch.name ?? ""}:watch`, {
      onMessage: (now) => { setUpload((before) => ({ ...before, batch: now })); },
      onEnd: () => {
        setUpload((before) => ({ ...before, phase: "done" }));
        refresh();
      },
      onError: (error) => { setUpload((before) => ({ ...before, phase: "done", error })); },
    });
  };
  const start = (files: File[]) => {
    if (files.length === 0) return;
    setUpload({ ...IDLE, phase: "sending" });
    sendFiles(project, files, (sent, total) => { setUpload((before) => ({ ...before, sent, total })); })
      .then((answer) => { watch(answer.batch); })
      .catch((error: unknown) => { setUpload({ ...IDLE, phase: "done", error: error as Error }); });
  };
  return [upload, start];
}
