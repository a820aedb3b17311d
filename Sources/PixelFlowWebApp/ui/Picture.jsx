import { useEffect, useRef, useState } from "react";
import { blurhashPixels } from "./blurhash.js";
import { Icon } from "./Icon.jsx";
import { isStill, whenStill } from "./scrolling.js";

const grid = 8;

function Blurhash({ hash, className }) {
    const element = useRef(null);
    useEffect(() => {
        const pixels = blurhashPixels(hash, grid, grid);
        if (pixels) element.current.getContext("2d").putImageData(new ImageData(pixels, grid, grid), 0, 0);
    }, [hash]);
    return <canvas ref={element} width={grid} height={grid} aria-hidden="true" className={className} />;
}

/** An image that fades in over its blurhash; `fit` is `object-cover` or `object-contain`. */
export function Picture({ src, alt, hash, fit = "object-cover", className = "", eager = false }) {
    const [state, setState] = useState("loading");
    // Images that are only scrolled past are neither requested nor decoded.
    const [isDue, setDue] = useState(() => eager || isStill());
    useEffect(() => setState("loading"), [src]);
    useEffect(() => (isDue ? undefined : whenStill(() => setDue(true))), [isDue]);
    const isShown = src && isDue && state !== "broken";
    return (
        <span className={`relative block overflow-hidden bg-sunk ${className}`} data-picture={src ? state : "none"}>
            {hash && state !== "shown" && <Blurhash hash={hash} className="absolute inset-0 size-full" />}
            {isShown && (
                <img src={src} alt={alt} loading={eager ? "eager" : "lazy"} decoding="async" onLoad={() => setState("shown")}
                    onError={() => setState("broken")}
                    className={`absolute inset-0 size-full transition-opacity duration-300 ${fit} ${state === "shown" ? "opacity-100" : "opacity-0"}`} />
            )}
            {!isShown && !hash && isDue && <span className="absolute inset-0 grid place-items-center text-soft"><Icon name="image" /></span>}
        </span>
    );
}

const shownByBrowsers = new Set(["jpeg", "png", "webp", "avif", "gif", "jpg"]);

/** A replay creates different bytes under the same URL. The hash in the query keeps browsers from using the cached ones. */
export const outputAddress = (output) => `${output.url}?v=${output.sha256.slice(0, 16)}`;
export const sourceAddress = (task) => `/api/tasks/${task.id}/source?v=${task.generation}`;
export const isShowable = (format) => shownByBrowsers.has(format);

/** The smallest output that browsers can show. */
export function thumbnailOf(task) {
    const fit = task.outputs.filter((output) => output.url && isShowable(output.format));
    return fit.reduce((best, output) => (best && best.bytes <= output.bytes ? best : output), undefined);
}
