/** Milliseconds without scrolling after which content counts as viewed. */
const pause = 120;

let last = -Infinity;
window.addEventListener("scroll", () => { last = performance.now(); }, { passive: true });

export const isStill = () => performance.now() - last >= pause;

/** Runs an action once scrolling stops. Returns a function that cancels it. */
export function whenStill(action) {
    let timer = 0;
    const check = () => {
        if (isStill()) action();
        else timer = setTimeout(check, pause);
    };
    check();
    return () => clearTimeout(timer);
}
