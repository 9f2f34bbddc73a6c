// `k6/execution`: where a VU is in the run, and the ways to end it.

export function executionOf(vu) {
  const { run } = vu;
  const scenarioOnly = () => {
    if (!vu.scenario) throw new Error('there is no scenario in the init context, setup and teardown');
    return vu.scenario;
  };
  const tags = { get tags() { return vu.tags; }, set tags(value) { vu.tags = value; } };
  return {
    scenario: {
      get name() { return scenarioOnly().name; },
      get executor() { return scenarioOnly().executor; },
      get startTime() { return scenarioOnly().startedAt; },
      get progress() { return scenarioOnly().progress(); },
      get iterationInInstance() { return scenarioOnly() && vu.iterationInTest; },
      get iterationInTest() { return scenarioOnly() && vu.iterationInTest; },
    },
    instance: {
      get iterationsInterrupted() { return run.interrupted; },
      get iterationsCompleted() { return run.completed; },
      get vusActive() { return run.numActive(); },
      get vusInitialized() { return run.users.length; },
      get currentTestRunDuration() { return run.elapsed(); },
    },
    test: {
      abort: (reason) => run.abort(reason),
      fail: (reason) => run.markFailed(reason),
      get options() { return run.options; },
    },
    vu: {
      get iterationInInstance() { return vu.iterations; },
      get iterationInScenario() { return vu.iterationsInScenario; },
      get idInInstance() { return vu.id; },
      get idInTest() { return vu.id; },
      get tags() { return vu.tags; },
      metrics: Object.defineProperties({ metadata: {} }, Object.getOwnPropertyDescriptors(tags)),
    },
  };
}
