import { useId } from "react";

const rounded = (value) => Math.round(Math.min(1, Math.max(0, value)) * 100) / 100;

/** Chooses the point of an image that stays in view: by a click or a drag on it, or by two sliders. */
export function FocalPicker({ src, point, onChange, tall = false }) {
    const id = useId();
    const place = (event) => {
        if (event.type === "pointermove" && !(event.buttons & 1)) return;
        event.preventDefault();
        const box = event.currentTarget.getBoundingClientRect();
        onChange({ x: rounded((event.clientX - box.left) / box.width), y: rounded((event.clientY - box.top) / box.height) });
    };
    return (
        <div className="grid gap-2">
            <div className="flex justify-center rounded-lg bg-sunk p-2">
                <div data-focal onPointerDown={place} onPointerMove={place} className="relative cursor-crosshair touch-none select-none">
                    {src
                        ? <img src={src} alt="The image; click where it matters most" draggable={false} className={`block max-w-full rounded ${tall ? "max-h-[55vh]" : "max-h-56"}`} />
                        : <div className="checkered aspect-3/2 w-60 max-w-full rounded" />}
                    <span aria-hidden="true" style={{ left: `${point.x * 100}%`, top: `${point.y * 100}%` }}
                        className="pointer-events-none absolute size-8 -translate-1/2 rounded-full border-3 border-on-accent bg-accent/40 ring-2 ring-accent" />
                </div>
            </div>
            <div className="grid grid-cols-2 gap-3 text-sm">
                {["x", "y"].map((axis) => (
                    <label key={axis} htmlFor={`${id}${axis}`} className="flex items-center gap-2">
                        <span className="whitespace-nowrap">{axis === "x" ? "Across" : "Down"} {Math.round(point[axis] * 100)} %</span>
                        <input id={`${id}${axis}`} type="range" min="0" max="1" step="0.01" value={point[axis]} className="min-w-0 grow"
                            onChange={(event) => onChange({ ...point, [axis]: Number(event.target.value) })} />
                    </label>
                ))}
            </div>
        </div>
    );
}
