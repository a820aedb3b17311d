/** Milliseconds without scrolling after which someone is taken to be looking. */
const pause = 120;

let last = -Infinity;
window.addEventListener("scroll", () => { last = performance.now(); }, { passive: true });

export const isStill = () => performance.now() - last >= pause;

/** Does something once the page stands still. Gives a function that calls it off. */
export function whenStill(action) {
    let timer = 0;
    const check = () => {
        if (isStill()) action();
        else timer = setTimeout(check, pause);
    };
    check();
    return () => clearTimeout(timer);
}
