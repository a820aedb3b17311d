import { useEffect, useState } from "react";
import { Picture, isShowable, outputAddress, sourceAddress } from "../ui/Picture.jsx";
import { Button, Card } from "../ui/parts.jsx";
import { saved, size } from "../service/format.js";

/** How far the proportions may differ for a slider to be useful. */
const tolerance = 0.02;

/** The source and one output: with a slider if they show the same, side by side if a part was cropped. */
export function Comparison({ task, output }) {
    const { source } = task;
    const isSameShape = Boolean(source) && Math.abs((source.width / source.height) / (output.width / output.height) - 1) < tolerance;
    const [isSlider, setSlider] = useState(isSameShape);
    const canShow = isShowable(output.format);
    if (!canShow) return <Card className="px-6 py-10 text-center text-soft">Browsers do not show {output.format.toUpperCase()} images. Download it below.</Card>;
    const gain = source && saved(source.bytes, output.bytes);
    return (
        <Card aria-label="Comparison" className="overflow-hidden">
            <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
                <p className="grow">
                    <strong className="font-semibold">{output.name}</strong>
                    {gain && <span className={gain.bytes >= 0 ? "text-good" : "text-busy"}> {gain.words}</span>}
                </p>
                <div role="group" aria-label="Comparison" className="flex gap-1">
                    <Button small kind={isSlider ? "primary" : "plain"} aria-pressed={isSlider} onClick={() => setSlider(true)}>Slider</Button>
                    <Button small kind={isSlider ? "plain" : "primary"} aria-pressed={!isSlider} onClick={() => setSlider(false)}>Side by side</Button>
                </div>
            </div>
            {isSlider ? <Slider task={task} output={output} /> : <SideBySide task={task} output={output} />}
        </Card>
    );
}

/** The box that both images share: as wide as possible, and never higher than the window. */
function frame(output) {
    return { aspectRatio: `${output.width} / ${output.height}`, maxWidth: `calc(70vh * ${output.width / output.height})` };
}

function Slider({ task, output }) {
    const [at, setAt] = useState(50);
    const hash = task.source && task.source.blurhash;
    return (
        <div className="checkered flex justify-center">
            <div className="relative w-full overflow-hidden" style={frame(output)}>
                <Picture eager src={outputAddress(output)} alt={`Output ${output.name}`} hash={hash} fit="object-contain" className="absolute! inset-0" />
                <div className="absolute inset-0" style={{ clipPath: `inset(0 ${100 - at}% 0 0)` }}>
                    <Source task={task} className="absolute! inset-0" />
                </div>
                <Tag className="left-2">Original</Tag><Tag className="right-2">{output.name}</Tag>
                <span aria-hidden="true" className="pointer-events-none absolute inset-y-0 w-0.5 -translate-x-1/2 bg-white shadow" style={{ left: `${at}%` }}>
                    <span className="absolute top-1/2 left-1/2 grid size-10 -translate-1/2 place-items-center rounded-full border border-line bg-card shadow-lg">‹ ›</span>
                </span>
                <input type="range" min="0" max="100" step="0.5" value={at} onChange={(event) => setAt(Number(event.target.value))}
                    aria-label={`How much of the original is shown over ${output.name}`} className="comparing absolute inset-0 size-full touch-pan-y" />
            </div>
        </div>
    );
}

function SideBySide({ task, output }) {
    const { source } = task;
    return (
        <div className="grid grid-cols-1 gap-px bg-line sm:grid-cols-2">
            <Half title="Original" metadata={source ? `${source.width} × ${source.height}, ${size(source.bytes)}` : ""} shape={source || output}>
                <Source task={task} className="absolute! inset-0" />
            </Half>
            <Half title={output.name} metadata={`${output.width} × ${output.height}, ${size(output.bytes)}`} shape={output}>
                <Picture eager src={outputAddress(output)} alt={`Output ${output.name}`} hash={source && source.blurhash} fit="object-contain" className="absolute! inset-0 bg-transparent!" />
            </Half>
        </div>
    );
}

function Half({ title, metadata, shape, children }) {
    return (
        <figure className="flex flex-col bg-card">
            <div className="checkered flex grow items-center justify-center p-4">
                <div className="relative w-full" style={{ aspectRatio: `${shape.width} / ${shape.height}`, maxWidth: `min(${shape.width}px, calc(60vh * ${shape.width / shape.height}))` }}>{children}</div>
            </div>
            <figcaption className="px-4 py-2 text-sm"><strong className="font-medium">{title}</strong> <span className="text-soft">{metadata}</span></figcaption>
        </figure>
    );
}

/** A source that this browser cannot show is replaced by its placeholder and a text. */
function Source({ task, className }) {
    const [isBroken, setBroken] = useState(false);
    const { source } = task;
    const src = sourceAddress(task);
    useEffect(() => setBroken(Boolean(source) && !isShowable(source.format)), [src]);
    if (isBroken) {
        return <div className={`grid place-items-center bg-sunk p-4 text-center text-soft ${className}`}>This browser cannot show the original ({source.format}).</div>;
    }
    return <Picture eager src={src} alt="Original" hash={source && source.blurhash} fit="object-contain" className={className} />;
}

function Tag({ className, children }) {
    return <span aria-hidden="true" className={`pointer-events-none absolute top-2 rounded-md bg-card/90 px-2 py-0.5 text-sm ${className}`}>{children}</span>;
}
