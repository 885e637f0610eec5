/** Waiting for what is on screen already: work that nobody waits for is done behind it. */

const UNSEEN_MS = 200;

/** Resolves when the next frame has been drawn; on a page that nobody sees, where no frame comes, after a moment. */
export function drawn(): Promise<void> {
  return new Promise((resolve) => {
    const clock = setTimeout(resolve, UNSEEN_MS);
    requestAnimationFrame(() => {
      clearTimeout(clock);
      // Frames are drawn after these callbacks; what stands in the queue comes behind that.
      setTimeout(resolve);
    });
  });
}
