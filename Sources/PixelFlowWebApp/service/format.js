/** A human-readable size. */
export function size(bytes) {
    if (bytes === undefined || bytes === null) return "";
    if (bytes < 1000) return `${bytes} B`;
    if (bytes < 1e6) return `${rounded(bytes / 1e3)} kB`;
    if (bytes < 1e9) return `${rounded(bytes / 1e6)} MB`;
    return `${rounded(bytes / 1e9)} GB`;
}

const rounded = (number) => (number < 10 ? number.toFixed(1) : Math.round(number).toLocaleString());

export const count = (number) => (number || 0).toLocaleString();

export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** A human-readable duration. */
export function duration(seconds) {
    if (seconds < 0.001) return "0 s";
    if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    const minutes = Math.round(seconds / 60);
    if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    return plural(Math.floor(minutes / 1440), "day");
}

export function ago(time, now = Date.now()) {
    const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
    if (seconds < 20) return "just now";
    if (seconds < 60) return "under a minute ago";
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
    return new Date(time).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}

export const moment = (time) => new Date(time).toLocaleString();

/** The size of an output compared with its source: `{percent, bytes, words}`; positive is smaller. */
export function saved(before, after) {
    if (!before || after === undefined) return null;
    const bytes = before - after;
    const percent = Math.round((bytes / before) * 100);
    const words = bytes >= 0 ? `${percent} % smaller (${size(bytes)} saved)` : `${-percent} % larger (${size(-bytes)} more)`;
    return { bytes, percent, words };
}

/** Random hexadecimal digits; `crypto.randomUUID` is missing on addresses without https. */
export function randomKey() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
