import { toast } from "../service/toasts.js";

/** Copies text to the clipboard, even if the page is served without https. */
export async function copy(text, what) {
    try {
        if (navigator.clipboard) await navigator.clipboard.writeText(text);
        else copyFromField(text);
        toast(`${what} copied.`, { seconds: 3 });
    } catch {
        toast("The browser did not allow copying.", { kind: "bad" });
    }
}

function copyFromField(text) {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) throw new Error("not copied");
}
