// Waiting without holding the VU up: `sleep` of k6 stops its sockets, too.
import { clearTimeout, setTimeout } from 'k6/timers';

/**
 * @param {number} seconds
 * @returns {Promise<void>}
 */
export const wait = (seconds) => new Promise((resolve) => { setTimeout(() => resolve(), seconds * 1000); });

/**
 * What the promise says, or `otherwise` after so many seconds.
 * @template T, U
 * @param {Promise<T>} promise
 * @param {number} seconds
 * @param {U} otherwise
 * @returns {Promise<T | U>}
 */
export const within = (promise, seconds, otherwise) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => resolve(otherwise), seconds * 1000);
  promise.then(resolve, reject);
  // The timer would keep the iteration from ending.
  promise.then(() => clearTimeout(timer), () => clearTimeout(timer));
});
