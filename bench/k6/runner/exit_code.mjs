// How a run ends, as a number: those that k6 documents, so that a pipeline need not know which of the two ran.

export const kExit = {
  ok: 0,
  thresholdsFailed: 99,
  setupTimeout: 100,
  teardownTimeout: 101,
  invalidConfig: 104,
  externalAbort: 105,
  scriptException: 107,
  scriptAborted: 108,
  markedAsFailed: 110,
};

/// An end of the run before its time, with the code that the process exits with.
export class RunError extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.code = code;
  }
}

export const invalid = (message) => new RunError(kExit.invalidConfig, message);
