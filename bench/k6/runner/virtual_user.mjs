// One VU: a script of its own, with its globals and its loop, that runs one iteration at a time.
import vm from 'node:vm';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { wallNow } from './clock.mjs';
import { EventLoop } from './event_loop.mjs';
import { builtInModules } from './built_in.mjs';
import { kExit, RunError } from './exit_code.mjs';
import { describe, say, scriptConsole } from './log.mjs';
import { Modules } from './modules.mjs';
import { timersOf } from './timers.mjs';

export class VirtualUser {
  loop = new EventLoop();
  /// Whether the script's modules are being evaluated: metrics are declared and files read then alone.
  isInit = true;
  iterations = 0;
  iterationsInScenario = 0;
  scenario = null;
  group = '';
  tags = {};
  active = false;

  /// `run`: what all VUs share (run.mjs); `id` from 1, 0 for the VU that only reads the options, sets up and tears down.
  constructor(run, id) {
    this.run = run;
    this.id = id;
    const timers = timersOf(this.loop);
    this.context = vm.createContext({
      console: scriptConsole, ...timers, __ENV: { ...run.env }, __VU: id, __ITER: 0,
      open: (file, mode) => this.#open(file, mode), TextEncoder, TextDecoder, URL, URLSearchParams,
    }, { name: `VU ${id}` });
    // k6 has the name of the web for its global object, too.
    this.context.global = this.context;
    this.modules = new Modules(this.context, builtInModules(this, timers));
  }

  /// Loads the script. Throws a RunError where it cannot be.
  async init() {
    try {
      this.exports = await this.modules.load(this.run.script);
    } catch (error) {
      throw error instanceof RunError ? error : new RunError(kExit.scriptException, describe(error));
    }
    this.isInit = false;
    return this;
  }

  /// Gives the VU to a scenario ({name, exec, env, tags, ...}, with the number of iterations that it has begun).
  enter(scenario) {
    this.scenario = scenario;
    this.context.__ENV = { ...this.run.env, ...scenario.env };
    return this;
  }

  /// What every sample of this VU carries.
  tagsNow(more) {
    const own = { group: this.group, ...this.run.tags };
    if (this.scenario) Object.assign(own, { scenario: this.scenario.name }, this.scenario.tags);
    return Object.assign(own, this.tags, more);
  }

  sample(name, value, tags, time = wallNow()) {
    this.run.metrics.add(name, value, this.tagsNow(tags), time);
  }

  /// Runs the function of its scenario once. Resolves to whether it came to its end; an error is told in the log.
  async iterate(data) {
    const { scenario, run } = this;
    this.context.__ITER = this.iterations;
    this.iterationInTest = scenario.iterations++;
    const start = performance.now();
    this.active = true;
    const { interrupted, error } = await this.loop.run(() => this.exports[scenario.exec](data));
    this.active = false;
    this.group = '';
    this.iterations += 1;
    this.iterationsInScenario += 1;
    if (interrupted) {
      run.interrupted += 1;
      return false;
    }
    if (error) say('ERRO', `${scenario.name}: ${describe(error)}`);
    run.completed += 1;
    this.sample('iterations', 1);
    this.sample('iteration_duration', performance.now() - start);
    return true;
  }

  /// The script's value in the VU's own context: what setup returned is a copy for each VU, as JSON makes it.
  copy(json) {
    return json === undefined ? undefined : vm.runInContext('JSON.parse', this.context)(json);
  }

  #open(file, mode) {
    if (!this.isInit) throw new Error('open() reads files while the script is loaded, and not later');
    const whole = path.resolve(path.dirname(this.run.script), file);
    if (mode !== 'b') return readFileSync(whole, 'utf8');
    return Uint8Array.from(readFileSync(whole)).buffer;
  }
}
