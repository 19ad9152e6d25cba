// Buttons of a question that comes up under the pointer: the second click of a double click must not answer it.
// @ts-check

/** Longer than the time between the clicks of a slow double click. */
const DEAF_MS = 600;

/**
 * The verb can be pressed only after a moment, and is seen to be so; the way back takes first clicks alone.
 * @param {HTMLButtonElement} verb
 * @param {HTMLButtonElement} back
 * @param {() => void} answer
 * @param {() => void} leave
 */
export function answerOnce(verb, back, answer, leave) {
  verb.disabled = true;
  setTimeout(() => { verb.disabled = false; }, DEAF_MS);
  verb.addEventListener("click", answer);
  back.addEventListener("click", (event) => { if (event.detail <= 1) leave(); });
}
