/** What a verb tells while it works. The terminal, -v and the stored log are listeners of this one stream. */
export type ProgressEvent =
  | { readonly type: "phase-started"; readonly phase: string; readonly total?: number | undefined }
  /** `done` counts from the phase's start; `total` may become known or grow on the way. */
  | {
      readonly type: "phase-advanced";
      readonly phase: string;
      readonly done: number;
      readonly total?: number | undefined;
      readonly bytes?: number | undefined;
      readonly note?: string | undefined;
    }
  | {
      readonly type: "phase-ended";
      readonly phase: string;
      readonly done: number;
      readonly bytes?: number | undefined;
    }
  /** For the user now and for the stored log. */
  | { readonly type: "warned"; readonly message: string; readonly namespace?: string | undefined }
  /** For the stored log and -v only. */
  | { readonly type: "noted"; readonly message: string; readonly namespace?: string | undefined };

export type OnProgress = (event: ProgressEvent) => void;
