// One run of a script from its options to the code that the process exits with.
import { realClock, wallNow } from './clock.mjs';
import { parseDuration } from './duration.mjs';
import { kExit, RunError } from './exit_code.mjs';
import { Execution } from './executors.mjs';
import { Groups } from './groups.mjs';
import { describe, say } from './log.mjs';
import { Metrics } from './metrics.mjs';
import { Pool } from './pool.mjs';
import { readScenarios } from './scenarios.mjs';
import { summaryData, writeSummary } from './summary.mjs';
import { aborting, readThresholds } from './thresholds.mjs';
import { VirtualUser } from './virtual_user.mjs';

export class Run {
  metrics = new Metrics();
  groups = new Groups();
  shared = new Map();
  users = [];
  pools = [];
  options = {};
  userAgent = 'octavo-k6-runner/1';
  tags = {};
  completed = 0;
  interrupted = 0;
  #stop = new AbortController();
  #end = null;
  #signalAt;
  #ticks = 0;
  #start = performance.now();

  /// `given`: what the command line says: {script, env, flags, tags, localIps, quiet, thresholds, trendStats, summaryExport}.
  constructor(given) {
    Object.assign(this, { given, script: given.script, env: given.env ?? {}, tags: given.tags ?? {} });
  }

  elapsed() {
    return performance.now() - this.#start;
  }

  numActive() {
    return this.users.reduce((sum, user) => sum + (user.active ? 1 : 0), 0);
  }

  localAddress(id) {
    const { localIps = [] } = this.given;
    return localIps.length ? localIps[id % localIps.length] : undefined;
  }

  sample(name, value, tags) {
    this.metrics.add(name, value, { ...this.tags, ...tags }, wallNow());
  }

  /// `exec.test.abort`: ends the run, and the iteration that says so.
  abort(reason = 'test aborted') {
    const error = new RunError(kExit.scriptAborted, `test aborted: ${reason}`);
    this.stopWith(error);
    throw error;
  }

  /// `exec.test.fail`: the run goes on and is told to have failed.
  markFailed(reason = 'marked as failed') {
    say('ERRO', `test failed: ${reason}`);
    this.isMarkedFailed = true;
  }

  /// Ends the run before its time. The first reason stays.
  stopWith(error) {
    if (!this.#end) say('ERRO', error.message);
    this.#end ??= error;
    this.#stop.abort();
    for (const pool of this.pools) pool.interrupt();
  }

  /// Resolves to the code that the process exits with.
  async toEnd() {
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => this.#onSignal());
    try {
      await this.#prepare();
      await this.#setUp();
      await this.#runScenarios();
    } catch (error) {
      this.stopWith(error instanceof RunError ? error : new RunError(kExit.scriptException, describe(error)));
    }
    if (this.scenarios && this.isSetUp) await this.#tearDown();
    if (this.scenarios) await this.#summarize();
    return this.#code();
  }

  /// The first signal ends the run, with teardown and summary; another ends the process. A terminal's interrupt comes twice, from
  /// the terminal and from the process that started this one.
  #onSignal() {
    const isFirst = this.#signalAt === undefined;
    this.#signalAt ??= performance.now();
    if (isFirst) this.stopWith(new RunError(kExit.externalAbort, 'interrupted by a signal'));
    else if (performance.now() - this.#signalAt > 500) process.exit(kExit.externalAbort);
  }

  async #prepare() {
    this.first = await this.#make();
    const { exports } = this.first;
    this.options = { ...exports.options };
    Object.assign(this.tags, this.options.tags);
    const scenarios = readScenarios(this.options, this.given.flags);
    for (const { exec, name } of scenarios) {
      if (typeof exports[exec] !== 'function') throw new RunError(kExit.invalidConfig, `scenario ${name}: the script exports no function ${exec}`);
    }
    this.thresholds = this.given.thresholds === false ? [] : readThresholds(this.options.thresholds, this.metrics);
    this.users = [];
    this.pools = scenarios.map((scenario) => new Pool(this, scenario, () => this.#make()));
    for (const pool of this.pools) await pool.fill();
    this.scenarios = scenarios;
    this.#start = performance.now();
  }

  async #make() {
    const user = await new VirtualUser(this, this.first ? this.users.length + 1 : 0).init();
    this.users.push(user);
    return user;
  }

  async #stage(name, limit, code, data) {
    if (typeof this.first.exports[name] !== 'function') return undefined;
    const { loop, exports } = this.first;
    this.first.group = `::${name}`;
    const patience = setTimeout(() => loop.fail(new RunError(code, `${name}() has taken longer than ${limit / 1000} s`)), limit);
    let result;
    const { error } = await loop.run(async () => (result = await exports[name](data)));
    clearTimeout(patience);
    this.first.group = '';
    if (error) throw error instanceof RunError ? error : new RunError(kExit.scriptException, `${name}: ${describe(error)}`);
    return result;
  }

  async #setUp() {
    const limit = parseDuration(this.options.setupTimeout ?? '60s', 'setupTimeout');
    const made = await this.#stage('setup', limit, kExit.setupTimeout);
    this.data = made === undefined ? undefined : JSON.stringify(made);
    this.isSetUp = true;
  }

  async #tearDown() {
    const limit = parseDuration(this.options.teardownTimeout ?? '60s', 'teardownTimeout');
    try {
      await this.#stage('teardown', limit, kExit.teardownTimeout, this.first.copy(this.data));
    } catch (error) {
      this.stopWith(error);
    }
  }

  async #runScenarios() {
    const ticks = [setInterval(() => this.#tick(), 1000)];
    if (!this.given.quiet) ticks.push(setInterval(() => this.#tellProgress(), 10_000));
    this.#tick();
    try {
      await Promise.all(this.pools.map((pool) => this.#runScenario(pool)));
    } finally {
      for (const tick of ticks) clearInterval(tick);
    }
  }

  async #runScenario(pool) {
    const { scenario } = pool;
    const { signal } = this.#stop;
    await realClock.sleep(scenario.startTime, signal);
    if (signal.aborted) return;
    const start = performance.now();
    scenario.startedAt = Date.now();
    scenario.progress = () => (scenario.wanted && !scenario.duration
      ? Math.min(1, scenario.iterations / (scenario.wanted * (scenario.executor === 'per-vu-iterations' ? scenario.vus : 1)))
      : Math.min(1, (performance.now() - start) / scenario.limit));
    const patience = setTimeout(() => pool.interrupt(), scenario.limit + scenario.gracefulStop);
    await new Execution(scenario, pool, realClock, signal).run();
    clearTimeout(patience);
  }

  #tick() {
    this.sample('vus', this.numActive());
    this.sample('vus_max', this.users.length);
    const broken = this.thresholds.length && this.#ticks++ % 2 === 0 && aborting(this.thresholds, this.elapsed() / 1000);
    if (broken) this.stopWith(new RunError(kExit.thresholdsFailed, `threshold ${broken.metric.name}: ${broken.source} does not hold, the run ends`));
  }

  #tellProgress() {
    say('INFO', `${this.numActive()} of ${this.users.length} VUs at work, ${this.completed} iterations complete, ${this.interrupted} interrupted`);
  }

  async #summarize() {
    const duration = this.elapsed();
    for (const threshold of this.thresholds) threshold.evaluate(duration / 1000);
    const data = summaryData(this, duration);
    try {
      await writeSummary(this, data);
    } catch (error) {
      this.stopWith(new RunError(kExit.scriptException, `the summary was not written: ${describe(error)}`));
    }
  }

  #code() {
    const failed = (this.thresholds ?? []).filter((threshold) => !threshold.ok);
    if (failed.length) say('ERRO', `thresholds that do not hold: ${failed.map(({ metric, source }) => `${metric.name}: ${source}`).join('; ')}`);
    if (this.#end) return this.#end.code;
    if (failed.length) return kExit.thresholdsFailed;
    return this.isMarkedFailed ? kExit.markedAsFailed : kExit.ok;
  }
}
