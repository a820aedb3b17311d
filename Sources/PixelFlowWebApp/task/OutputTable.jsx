import { Picture, isShowable, outputAddress } from "../ui/Picture.jsx";
import { Icon } from "../ui/Icon.jsx";
import { Button, Card, buttonClass } from "../ui/parts.jsx";
import { copy } from "../ui/copying.js";
import { saved, size } from "../service/format.js";
import { errorWords } from "./words.js";

/** @param {{ task: import("@api").Task, shown: string, onShow: (name: string) => void }} properties */
export function OutputTable({ task, shown, onShow }) {
    return (
        <Card aria-labelledby="outputs-heading">
            <h2 id="outputs-heading" className="px-4 pt-4 text-lg font-semibold">Outputs</h2>
            <ul className="mt-2">
                {task.outputs.map((output) => (
                    <li key={output.name} className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line px-4 py-3 first:border-t-0">
                        {output.url ? <Made task={task} output={output} isShown={output.name === shown} onShow={onShow} /> : <Missing output={output} />}
                    </li>
                ))}
            </ul>
        </Card>
    );
}

/** @param {{ task: import("@api").Task, output: import("@api").Output, isShown: boolean, onShow: (name: string) => void }} properties */
function Made({ task, output, isShown, onShow }) {
    const gain = task.source && saved(task.source.bytes, output.bytes);
    const address = outputAddress(output);
    return (
        <>
            <button type="button" onClick={() => onShow(output.name)} aria-pressed={isShown} aria-label={`Compare ${output.name}`}
                className="overflow-hidden rounded-lg border-2 border-transparent aria-pressed:border-accent">
                <Picture src={isShowable(output.format) ? address : ""} alt="" hash={task.source && task.source.blurhash} className="size-14" />
            </button>
            <div className="min-w-0 grow basis-40">
                <p className="font-medium">{output.name}</p>
                <p className="text-sm text-soft">{output.format.toUpperCase()}, {output.width} × {output.height}{output.frames > 1 && `, ${output.frames} frames`}</p>
            </div>
            <div className="flex shrink-0 basis-full gap-2 whitespace-nowrap sm:block sm:basis-auto sm:text-right">
                <p className="tabular-nums">{size(output.bytes)}</p>
                {gain && <p className={`text-sm tabular-nums ${gain.bytes >= 0 ? "text-good" : "text-busy"}`} title={`${Math.abs(gain.bytes).toLocaleString()} bytes`}>{gain.words}</p>}
            </div>
            <div className="flex gap-2">
                <Button small icon="copy" aria-label={`Copy the link to ${output.name}`} onClick={() => copy(location.origin + output.url, "Link")}>Copy link</Button>
                <a href={`${address}&download`} download aria-label={`Download ${output.name}`} className={buttonClass("primary", true)}><Icon name="download" />Download</a>
            </div>
        </>
    );
}

/** @param {{ output: import("@api").Output }} properties */
function Missing({ output }) {
    const { title, advice } = errorWords(output.error || { code: "", message: "Not created." });
    return (
        <>
            <span className="grid size-14 place-items-center rounded-lg bg-bad-wash text-bad"><Icon name="warning" /></span>
            <div className="min-w-0 grow"><p className="font-medium">{output.name}</p><p className="text-sm text-bad">{title}. {advice}</p></div>
        </>
    );
}
