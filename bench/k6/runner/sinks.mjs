// What a metric makes of its samples: a Counter, a Gauge, a Rate, or a Trend, which keeps every value as k6 does, because its
// percentiles are exact.

export class Counter {
  isEmpty = true;
  value = 0;

  add(value) {
    this.isEmpty = false;
    this.value += value;
  }

  /// `seconds`: how long the run has taken.
  values(_stats, seconds) {
    return { count: this.value, rate: seconds > 0 ? this.value / seconds : 0 };
  }

  aggregate(name, seconds) {
    return this.values([], seconds)[name];
  }
}

export class Gauge {
  isEmpty = true;
  value = 0;
  min = 0;
  max = 0;

  add(value) {
    this.min = this.isEmpty ? value : Math.min(this.min, value);
    this.max = this.isEmpty ? value : Math.max(this.max, value);
    this.value = value;
    this.isEmpty = false;
  }

  values() {
    return { value: this.value, min: this.min, max: this.max };
  }

  aggregate() {
    return this.value;
  }
}

export class Rate {
  isEmpty = true;
  passes = 0;
  fails = 0;

  add(value) {
    this.isEmpty = false;
    if (value) this.passes += 1; else this.fails += 1;
  }

  values() {
    return { rate: this.aggregate(), passes: this.passes, fails: this.fails };
  }

  aggregate() {
    return this.isEmpty ? 0 : this.passes / (this.passes + this.fails);
  }
}

export class Trend {
  count = 0;
  sum = 0;
  #values = new Float64Array(16);
  #isSorted = true;

  get isEmpty() {
    return this.count === 0;
  }

  add(value) {
    if (this.count === this.#values.length) {
      const grown = new Float64Array(this.count * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.count++] = value;
    this.sum += value;
    this.#isSorted = false;
  }

  /// The percentile p (0 to 100), in a straight line between the two values beside it; 0 of no values.
  percentile(p) {
    if (this.count === 0) return 0;
    const sorted = this.#values.subarray(0, this.count);
    if (!this.#isSorted) sorted.sort();
    this.#isSorted = true;
    const place = p / 100 * (this.count - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, this.count - 1);
    return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
  }

  values(stats) {
    return Object.fromEntries(stats.map((name) => [name, this.aggregate(name)]));
  }

  aggregate(name) {
    switch (name) {
      case 'count': return this.count;
      case 'avg': return this.count ? this.sum / this.count : 0;
      case 'min': return this.percentile(0);
      case 'med': return this.percentile(50);
      case 'max': return this.percentile(100);
      default: return this.percentile(Number(/^p\((.+)\)$/.exec(name)[1]));
    }
  }
}

export const kSinks = { counter: Counter, gauge: Gauge, rate: Rate, trend: Trend };
