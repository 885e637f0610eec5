// Runs in the page before anything of the application. Times are milliseconds from the event's own time stamp, so that the
// time in which the page was too busy to notice a tap counts too, to the moment after the frame that shows the outcome.
window.stopwatch = (() => {
  const after_paint = () =>
    new Promise((resolve) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now());
        port2.postMessage(null);
      });
    });
  const until = async (seen) => {
    for (;;) {
      const found = seen();
      const at = await after_paint();
      if (found) return at;
    }
  };

  const strokes = [];
  const first_row = () => document.querySelector('main .list')?.textContent ?? '';
  addEventListener(
    'input',
    async ({ target, timeStamp }) => {
      if (target.type !== 'search') return;
      const text = target.value;
      strokes.push({ text, ms: (await after_paint()) - timeStamp, shown: first_row() });
    },
    true,
  );

  const blocks = [];
  new PerformanceObserver((list) => blocks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })))).observe({
    type: 'longtask',
    buffered: true,
  });

  return {
    strokes,
    blocks,
    first_row,
    /** From the next tap until `selector` is there (and its text contains `text`). */
    tap: (selector, text = '') =>
      new Promise((resolve) => {
        addEventListener(
          'click',
          async ({ timeStamp }) => {
            const at = await until(() => [...document.querySelectorAll(selector)].some((one) => one.textContent.includes(text)));
            resolve(at - timeStamp);
          },
          { capture: true, once: true },
        );
      }),
    /** From the start of the page: the PIN pad is there; after the PIN was typed in one moment, Today with an amount due. */
    start: async (pin) => {
      const key = (digit) => [...document.querySelectorAll('main button')].find((one) => one.textContent.trim() === digit);
      const locked = await until(() => key('1') && key('0'));
      for (const digit of pin) key(digit).click();
      const today = await until(() => document.querySelector('section.card.current .money'));
      return { locked, today };
    },
    /** Scripts that were loaded until now, workers among them: name, bytes as they came over the network, when (ms). */
    scripts: () =>
      performance
        .getEntriesByType('resource')
        .filter(({ name }) => name.endsWith('.js'))
        .map(({ name, encodedBodySize, responseEnd }) => ({ name: new URL(name).pathname, bytes: encodedBodySize, at: responseEnd })),
  };
})();
