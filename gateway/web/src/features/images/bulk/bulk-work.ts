import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { showToast } from "@/components/ui/toast";
import { changeImages, takeBack, type Change, type Operation, type Selector } from "@/features/images/api/change";
import { api } from "@/lib/api/client";
import { ApiError, errorFromBody } from "@/lib/api/errors";
import { follow } from "@/lib/api/events";

// What cannot be taken back is not offered to be.
const UNDOABLE: readonly Change["kind"][] = ["tags", "label", "unlabel", "metadata", "access", "delete"];

interface Work {
  /** Something is being changed; `fraction` in [0, 1] where it takes long. */
  isBusy: boolean;
  fraction: number | undefined;
  phase: string;
  /** The operation, once there is one. */
  name: string;
  error: Error | null;
}

const IDLE: Work = { isBusy: false, fraction: undefined, phase: "", name: "", error: null };

// Kept outside the page: work goes on, and says when it is done, whatever somebody looks at meanwhile.
const works = new Map<string, Work>();
const listeners = new Set<() => void>();

function set(project: string, work: Partial<Work>): void {
  works.set(project, { ...IDLE, ...work });
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

interface Job {
  project: string;
  ask: () => Promise<Operation>;
  /** Called once when it has succeeded. */
  onDone: (operation: Operation) => void;
}

async function begin({ project, ask, onDone }: Job): Promise<void> {
  const fail = (error: unknown) => { set(project, { error: error instanceof Error ? error : new Error(String(error)) }); };
  const finish = (operation: Operation) => {
    if (operation.error) fail(errorFromBody(0, { error: operation.error }));
    else {
      set(project, IDLE);
      onDone(operation);
    }
  };
  set(project, { isBusy: true });
  try {
    let last = await ask();
    if (last.done) {
      finish(last);
      return;
    }
    const name = last.name ?? "";
    set(project, { isBusy: true, fraction: 0, name });
    follow<Operation>(`/v1/${name}:watch`, {
      onMessage: (now) => {
        last = now;
        const { fraction = 0, phase = "" } = (now.metadata ?? {}) as { fraction?: number; phase?: string };
        set(project, { isBusy: true, fraction, phase, name });
      },
      onEnd: () => { finish(last); },
      onError: (error: ApiError) => { fail(error); },
    });
  } catch (error) {
    fail(error);
  }
}

interface Words {
  done: string;
  undo: string;
  undone: string;
}

function change(cache: QueryClient, project: string, selector: Selector, what: Change, words: Words): void {
  const refresh = () => void cache.invalidateQueries({ queryKey: ["images", project] });
  const takeItBack = (name: string) => {
    void begin({ project, ask: () => takeBack(name, what.kind), onDone: () => { refresh(); showToast(words.undone); } });
  };
  void begin({
    project,
    ask: () => changeImages(project, selector, what),
    onDone: ({ name }) => {
      refresh();
      showToast(words.done, name && UNDOABLE.includes(what.kind) ? { label: words.undo, run: () => { takeItBack(name); } } : undefined);
    },
  });
}

function cancel(name: string): void {
  const [, project = "", , operation = ""] = name.split("/");
  void api.POST("/v1/projects/{project}/operations/{operation}:cancel", { params: { path: { project, operation } }, body: {} });
}

/** Changes many images: shows how far it is, says when it is done, and offers the way back. */
export function useBulk(project: string) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const work = useSyncExternalStore(subscribe, () => works.get(project) ?? IDLE);
  return {
    ...work,
    run: (selector: Selector, what: Change, done: string) => { change(cache, project, selector, what, { done, undo: t("images.undo"), undone: t("images.undone") }); },
    cancel: () => { cancel(work.name); },
  };
}
