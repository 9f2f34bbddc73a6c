// When a conversation was last written in: short for a list, whole for whoever wants to know.
const kDay = 86_400_000;
const format = (options) => new Intl.DateTimeFormat('en-GB', options);
const time = format({ hour: '2-digit', minute: '2-digit' });
const weekday = format({ weekday: 'short' });
const day = format({ day: 'numeric', month: 'short' });
const year = format({ month: 'short', year: 'numeric' });
const whole = format({ dateStyle: 'full', timeStyle: 'short' });

function dayOf(at) {
  return new Date(at).setHours(0, 0, 0, 0);
}

/// The time of today, the weekday of this week, the day of this year, else month and year.
export function shortWhen(at, now) {
  const days = Math.round((dayOf(now) - dayOf(at)) / kDay);
  if (days === 0) return time.format(at);
  if (days > 0 && days < 7) return weekday.format(at);
  return (new Date(at).getFullYear() === new Date(now).getFullYear() ? day : year).format(at);
}

export function longWhen(at) {
  return whole.format(at);
}
