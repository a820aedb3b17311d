import { useEffect, useState } from "react";
import { addFiles, uploads } from "./uploadStore.js";

const holdsFiles = (transfer) => Boolean(transfer) && [...transfer.types].includes("Files");

/** Handles files dropped or pasted anywhere on the page; returns whether something is being dragged over it. */
export function useIncoming() {
    const [isOver, setOver] = useState(false);
    useEffect(() => {
        let depth = 0;
        const enter = (event) => { if (holdsFiles(event.dataTransfer)) { depth += 1; setOver(true); } };
        const over = (event) => { if (holdsFiles(event.dataTransfer)) event.preventDefault(); };
        const leave = (event) => {
            if (!holdsFiles(event.dataTransfer)) return;
            depth = Math.max(0, depth - 1);
            if (!depth) setOver(false);
        };
        const drop = (event) => {
            depth = 0;
            setOver(false);
            if (!holdsFiles(event.dataTransfer)) return;
            event.preventDefault();
            addFiles(event.dataTransfer.files);
        };
        const listeners = { dragenter: enter, dragover: over, dragleave: leave, drop, paste };
        Object.entries(listeners).forEach(([type, listener]) => document.addEventListener(type, listener));
        return () => Object.entries(listeners).forEach(([type, listener]) => document.removeEventListener(type, listener));
    }, []);
    return isOver;
}

/** Images become items; text becomes the URL, unless it is pasted into a field. */
function paste(event) {
    const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
    if (files.length) {
        event.preventDefault();
        return addFiles(files);
    }
    if (event.target instanceof Element && event.target.closest("input, textarea")) return undefined;
    const text = event.clipboardData.getData("text/plain").trim();
    if (/^https?:\/\/\S+$/i.test(text)) uploads.set({ url: text });
    return undefined;
}
