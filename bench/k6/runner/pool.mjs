// The VUs of one scenario: made before it starts, and some more while it runs.
import { say } from './log.mjs';

export class Pool {
  users = [];
  #free = [];

  /// `make`: resolves to a VU whose script is loaded.
  constructor(run, scenario, make) {
    Object.assign(this, { run, scenario, make: () => make().then((user) => this.#own(user)) });
  }

  #own(user) {
    user.enter(this.scenario);
    this.users.push(user);
    return user;
  }

  /// Makes as many as the scenario may need at once, or starts with.
  async fill() {
    const { executor, vus, startVUs, stages = [], preAllocatedVUs } = this.scenario;
    const most = executor === 'ramping-vus' ? Math.max(startVUs, ...stages.map((stage) => stage.target)) : vus ?? preAllocatedVUs;
    while (this.#free.length < most) this.#free.push(await this.make());
  }

  take(number) {
    return this.#free.splice(0, number);
  }

  give(user) {
    this.#free.push(user);
  }

  /// What setup has made, as a copy that the VU keeps.
  dataFor(user) {
    return (user.data ??= user.copy(this.run.data));
  }

  dropped(number) {
    this.run.sample('dropped_iterations', number, { scenario: this.scenario.name });
  }

  exhausted() {
    say('WARN', `${this.scenario.name}: all of its ${this.scenario.maxVUs} VUs are made; iterations that find none free are dropped`);
  }

  failed(error) {
    this.run.stopWith(error);
  }

  interrupt() {
    for (const user of this.users) user.loop.interrupt();
  }
}
