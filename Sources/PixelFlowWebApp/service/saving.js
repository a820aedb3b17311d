/** Downloads a file that consists of these parts. */
export function save(name, type, parts) {
    const url = URL.createObjectURL(new Blob(parts, { type }));
    const link = document.createElement("a");
    Object.assign(link, { href: url, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
