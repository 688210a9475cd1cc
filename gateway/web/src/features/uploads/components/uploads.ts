import { useSyncExternalStore } from "react";
import { pathOf, sendFiles, type Sending, type UploadAnswer } from "@/features/uploads/api/send";
import { portions, recognised } from "@/features/uploads/components/portions";
import type { Schemas } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";
import { follow } from "@/lib/api/events";
import { faultText } from "@/lib/i18n/fault-text";
import { newRequestId } from "@/lib/request-id";

/** `waiting`: the connection is gone and is tried again by itself. `stopped`: refused as a whole, or given up. */
export type Phase = "sending" | "paused" | "waiting" | "stopped" | "analysing" | "done";

export interface FileState {
  name: string;
  size: number;
  state: "waiting" | "sending" | "taken" | "duplicate" | "refused";
  kind?: Schemas["UploadedFile"]["kind"];
  reason?: string;
}

export interface Upload {
  id: string;
  project: string;
  phase: Phase;
  files: readonly FileState[];
  sent: number;
  total: number;
  /** Names of the files that were taken for tables, labels or features. */
  tables: readonly string[];
  batch: Schemas["UploadBatch"] | null;
  error: Error | null;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

// Outside of the pages: an upload goes on while its sender looks at something else.
let uploads: readonly Upload[] = [];
const senders = new Map<string, Sender>();
const listeners = new Set<() => void>();

function change(next: readonly Upload[]): void {
  uploads = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

/** All uploads since the page was opened, newest first. */
export function useUploads(): readonly Upload[] {
  return useSyncExternalStore(subscribe, () => uploads);
}

/** Whether leaving the page now would lose something. */
export function isAnySending(): boolean {
  return uploads.some((each) => ["sending", "paused", "waiting"].includes(each.phase));
}

/** Begins an upload; `onChanged` is told when images came in, and when all are analysed. */
export function startUpload(project: string, files: readonly File[], onChanged: () => void): void {
  if (files.length === 0) return;
  const sender = new Sender(project, files, onChanged);
  senders.set(sender.id, sender);
  void sender.run();
}

export function pauseUpload(id: string): void {
  senders.get(id)?.pause();
}

/** Goes on after a pause, a lost connection or a refusal: what was acknowledged is not sent again. */
export function resumeUpload(id: string): void {
  const sender = senders.get(id);
  if (sender) void sender.run();
}

/** Takes an upload off the list; what is not sent yet stays unsent. */
export function dismissUpload(id: string): void {
  senders.get(id)?.stop();
  senders.delete(id);
  change(uploads.filter((each) => each.id !== id));
}

/** Sends the portions of one upload one after the other and follows their analysis. */
class Sender {
  readonly id = newRequestId();
  private readonly portions: File[][];
  private readonly indexOf: ReadonlyMap<File, number>;
  private done = 0;
  private acknowledged = 0;
  private isRunning = false;
  private sending: Sending | null = null;
  private wake: () => void = () => undefined;
  private stopWatching: () => void = () => undefined;

  constructor(private readonly project: string, files: readonly File[], private readonly onChanged: () => void) {
    this.portions = portions(files);
    this.indexOf = new Map(files.map((file, index) => [file, index]));
    const states = files.map((file): FileState => ({ name: pathOf(file), size: file.size, state: "waiting" }));
    const total = files.reduce((sum, file) => sum + file.size, 0);
    change([{ id: this.id, project, phase: "sending", files: states, sent: 0, total, tables: recognised(files).tables, batch: null, error: null }, ...uploads]);
  }

  async run(): Promise<void> {
    this.wake();
    if (this.isRunning) return;
    this.isRunning = true;
    this.set({ phase: "sending", error: null });
    let wait = FIRST_WAIT_MS;
    for (let portion = this.next(); portion; portion = this.next()) {
      try {
        this.mark(portion, () => ({ state: "sending" }));
        this.sending = sendFiles(this.project, this.id, portion, (sent) => { this.progress(sent, portion); });
        this.acknowledge(portion, await this.sending.answer, wait > FIRST_WAIT_MS);
        wait = FIRST_WAIT_MS;
      } catch (error) {
        this.mark(portion, () => ({ state: "waiting" }));
        this.set({ sent: this.acknowledged });
        if (!this.now() || this.now()?.phase === "paused") break;
        if (!isPassing(error)) {
          this.set({ phase: "stopped", error: error as Error });
          break;
        }
        this.set({ phase: "waiting" });
        await this.pauseFor(wait);
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
        if (this.isGoingOn()) this.set({ phase: "sending" });
      }
    }
    this.isRunning = false;
    this.sending = null;
    if (this.done === this.portions.length && this.now()) this.watch();
  }

  pause(): void {
    this.set({ phase: "paused" });
    this.isRunning = false;
    this.sending?.abort();
    this.wake();
  }

  stop(): void {
    this.isRunning = false;
    this.sending?.abort();
    this.stopWatching();
    this.wake();
  }

  private next(): File[] | undefined {
    return this.isRunning ? this.portions[this.done] : undefined;
  }

  private isGoingOn(): boolean {
    return this.isRunning && this.now()?.phase === "waiting";
  }

  private now(): Upload | undefined {
    return uploads.find((each) => each.id === this.id);
  }

  private set(some: Partial<Upload>): void {
    change(uploads.map((each) => (each.id === this.id ? { ...each, ...some } : each)));
  }

  private progress(sent: number, portion: readonly File[]): void {
    const size = portion.reduce((sum, file) => sum + file.size, 0);
    // The form around the files is a little longer than they are.
    this.set({ sent: this.acknowledged + Math.min(sent, size) });
  }

  private acknowledge(portion: readonly File[], answer: UploadAnswer, isRepeated: boolean): void {
    this.done += 1;
    this.acknowledged += portion.reduce((sum, file) => sum + file.size, 0);
    const said = new Map(answer.files.map((file) => [file.fileName, file]));
    this.mark(portion, (file) => {
      const found = said.get(pathOf(file));
      const kind = found?.kind === undefined ? {} : { kind: found.kind };
      if (found?.failure) return { ...kind, state: "refused", reason: faultText(found.failure) };
      // What came in before its answer was lost is a duplicate of itself.
      return { ...kind, state: found?.duplicate && !isRepeated ? "duplicate" : "taken" };
    });
    this.set({ batch: answer.batch, sent: this.acknowledged });
    this.onChanged();
  }

  private mark(portion: readonly File[], state: (file: File) => Partial<FileState>): void {
    const files = [...(this.now()?.files ?? [])];
    for (const file of portion) {
      const index = this.indexOf.get(file) ?? -1;
      const before = files[index];
      if (before) files[index] = { ...before, ...state(file) };
    }
    this.set({ files });
  }

  private watch(): void {
    this.set({ phase: "analysing" });
    this.stopWatching = follow<Schemas["UploadBatch"]>(`/v1/${this.now()?.batch?.name ?? ""}:watch`, {
      onMessage: (batch) => { this.set({ batch }); },
      onEnd: () => {
        this.set({ phase: "done" });
        this.onChanged();
      },
      onError: (error) => { this.set({ phase: "done", error }); },
    });
  }

  private pauseFor(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const goOn = () => {
        clearTimeout(timer);
        window.removeEventListener("online", goOn);
        resolve();
      };
      const timer = setTimeout(goOn, milliseconds);
      window.addEventListener("online", goOn);
      this.wake = goOn;
    });
  }
}

/** Whether the same may work in a while: the connection, or a server that is not there. */
function isPassing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
}
