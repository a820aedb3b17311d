import { progress } from "../tasks/progress.js";

const plainIcon = "/favicon.svg";
let page = "";

/** Sets the title of the current page. */
export function setTitle(title) {
    page = title;
    draw();
}

/** Shows the progress of all tasks in the title and the icon of the tab. */
export function startTitle() { progress.subscribe(draw); }

function draw() {
    const { share } = progress.get();
    document.title = [share === null ? "" : `${Math.floor(share * 100)} %`, page, "PixelFlow"].filter(Boolean).join(" · ");
    const icon = document.querySelector("link[rel=icon]");
    const address = share === null ? plainIcon : `data:image/svg+xml,${encodeURIComponent(ring(share))}`;
    if (icon && icon.getAttribute("href") !== address) icon.setAttribute("href", address);
}

/** @param {number} share */
function ring(share) {
    const around = 2 * Math.PI * 12;
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke-width="6">`
        + `<circle cx="16" cy="16" r="12" stroke="#bac8ff"/><circle cx="16" cy="16" r="12" stroke="#4263eb" `
        + `stroke-dasharray="${(share * around).toFixed(1)} ${around.toFixed(1)}" transform="rotate(-90 16 16)"/></svg>`;
}
