// How each executor of k6 hands out iterations. Every one returns when its time is up or its work is done; whoever called it
// then waits for what still runs.
import { constantArrivals, keepTo, rampingArrivals } from './arrivals.mjs';

/// Runs iterations of one VU for as long as `goesOn()`.
async function repeat(user, data, goesOn) {
  while (goesOn()) {
    if (!(await user.iterate(data))) return;
    // An iteration that awaits nothing would leave no turn to timers.
    await new Promise(setImmediate);
  }
}

/// The state of one scenario while it runs: `pool` makes and lends VUs, `stop` is the AbortSignal that ends it.
export class Execution {
  constructor(scenario, pool, clock, stop) {
    Object.assign(this, { scenario, pool, clock, stop });
    this.start = clock.now();
    this.isOver = () => stop.aborted || clock.now() - this.start >= scenario.limit;
  }

  /// Starts the executor. Resolves when it hands out nothing any more, to the promise of all that it has begun.
  run() {
    const executor = kExecutors[this.scenario.executor];
    return executor(this);
  }
}

function fixedUsers(execution, goesOn) {
  const users = execution.pool.take(execution.scenario.vus);
  return Promise.all(users.map((user) => repeat(user, execution.pool.dataFor(user), () => !execution.isOver() && goesOn(user))));
}

/// The same for a number of iterations: those for which there was no time are counted as dropped.
async function counted(execution, wanted, goesOn) {
  await fixedUsers(execution, goesOn);
  const missing = wanted - execution.scenario.iterations;
  if (missing > 0 && !execution.stop.aborted) execution.pool.dropped(missing);
}

/// VUs follow the stages: the number changes in a straight line, one VU at a time.
export function* rampingUsers(startVUs, stages) {
  let now = startVUs;
  let start = 0;
  yield [0, now];
  for (const { target, duration } of stages) {
    const steps = Math.abs(target - now);
    const way = Math.sign(target - now);
    for (let step = 1; step <= steps; ++step) yield [start + duration * step / steps, now + way * step];
    now = target;
    start += duration;
  }
}

async function ramping(execution) {
  const { scenario, pool, clock, stop } = execution;
  const running = [];
  const ended = [];
  const follow = (wanted) => {
    while (running.length < wanted) {
      const [user] = pool.take(1);
      const turn = { user, goesOn: true };
      running.push(turn);
      ended.push(repeat(user, pool.dataFor(user), () => turn.goesOn && !execution.isOver()).then(() => {
        clearTimeout(turn.patience);
        pool.give(user);
      }));
    }
    while (running.length > wanted) {
      const turn = running.pop();
      turn.goesOn = false;
      turn.patience = setTimeout(() => turn.user.loop.interrupt(), scenario.gracefulRampDown);
    }
  };
  for (const [at, wanted] of rampingUsers(scenario.startVUs, scenario.stages)) {
    await clock.sleep(execution.start + at - clock.now(), stop);
    if (stop.aborted) break;
    follow(wanted);
  }
  await clock.sleep(execution.start + scenario.limit - clock.now(), stop);
  await Promise.all(ended);
}

async function arriving(execution, times) {
  const { scenario, pool, clock, stop } = execution;
  const free = pool.take(scenario.preAllocatedVUs);
  let made = free.length;
  let isMaking = false;
  // One at a time: a VU costs milliseconds of the thread that measures all others.
  const makeOne = async () => {
    isMaking = true;
    made += 1;
    try {
      free.push(await pool.make());
    } catch (error) {
      pool.failed(error);
    }
    isMaking = false;
    if (made === scenario.maxVUs) pool.exhausted();
  };
  const running = new Set();
  await keepTo(times, clock, stop, () => {
    const user = free.pop();
    if (!user) {
      // As in k6 this one is lost: the client came, and nobody was there to be it.
      pool.dropped(1);
      if (!isMaking && made < scenario.maxVUs) makeOne();
      return;
    }
    const turn = user.iterate(pool.dataFor(user)).then((isWhole) => {
      running.delete(turn);
      if (isWhole) free.push(user);
    });
    running.add(turn);
  });
  await clock.sleep(execution.start + scenario.limit - clock.now(), stop);
  await Promise.all(running);
}

const kExecutors = {
  'shared-iterations': (execution) => {
    let left = execution.scenario.wanted;
    return counted(execution, left, () => left-- > 0);
  },
  'per-vu-iterations': (execution) => {
    const { wanted, vus } = execution.scenario;
    return counted(execution, wanted * vus, (user) => user.iterationsInScenario < wanted);
  },
  'constant-vus': (execution) => fixedUsers(execution, () => true),
  'ramping-vus': ramping,
  'constant-arrival-rate': (execution) => {
    const { rate, timeUnit, duration } = execution.scenario;
    return arriving(execution, constantArrivals(rate, timeUnit, duration));
  },
  'ramping-arrival-rate': (execution) => {
    const { startRate, stages, timeUnit } = execution.scenario;
    return arriving(execution, rampingArrivals(startRate, stages, timeUnit));
  },
};
