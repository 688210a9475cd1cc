import { useCallback, useEffect, useRef, useState } from "react";
import { api, type Schemas } from "@/lib/api/client";
import { ApiError, errorFromBody } from "@/lib/api/errors";
import { follow } from "@/lib/api/events";

type Operation = Schemas["Operation"];

export interface Running {
  fraction: number;
  phase: string;
  isRunning: boolean;
  error: ApiError | null;
}

const IDLE: Running = { fraction: 0, phase: "", isRunning: false, error: null };

/** Follows long work; `onDone` is called once when it has succeeded. */
export function useOperation(onDone: (operation: Operation) => void) {
  const [state, setState] = useState(IDLE);
  const name = useRef("");
  const stop = useRef<() => void>(() => undefined);
  useEffect(() => () => { stop.current(); }, []);

  const start = useCallback((operation: Operation) => {
    name.current = operation.name ?? "";
    setState({ ...IDLE, isRunning: true });
    let last = operation;
    stop.current = follow<Operation>(`/v1/${name.current}:watch`, {
      onMessage: (now) => {
        last = now;
        const metadata = now.metadata as { fraction?: number; phase?: string } | undefined;
        setState({ ...IDLE, isRunning: !now.done, fraction: metadata?.fraction ?? 0, phase: metadata?.phase ?? "" });
      },
      onEnd: () => {
        const failed = last.error;
        setState({ ...IDLE, error: failed ? errorFromBody(0, { error: failed }) : null });
        if (!failed) onDone(last);
      },
      onError: (error) => { setState({ ...IDLE, error }); },
    });
  }, [onDone]);

  const cancel = useCallback(() => {
    const [, project = "", , operation = ""] = name.current.split("/");
    void api.POST("/v1/projects/{project}/operations/{operation}:cancel", { params: { path: { project, operation } }, body: {} });
  }, []);

  return { ...state, start, cancel };
}
