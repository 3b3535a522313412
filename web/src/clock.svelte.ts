/** The time of day for everything on the page that ages; ticks twice a second so that no second is skipped. */
class Clock {
  now = $state(Date.now());

  constructor() {
    setInterval(() => (this.now = Date.now()), 500);
  }
}

export const clock = new Clock();
