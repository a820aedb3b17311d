import { useState } from "react";
import { Icon } from "../ui/Icon.jsx";
import { Button, Dialog, IconButton } from "../ui/parts.jsx";
import { FocalPicker } from "../pipeline/FocalPicker.jsx";
import { heedsFocus } from "../pipeline/pipelines.js";
import { size } from "../service/format.js";
import { changeItem, chosenPipeline, dropItem, useUploads } from "./uploadStore.js";

/** One image that is waiting to be uploaded or is being uploaded. */
export function StagedItem({ item }) {
    const [isAiming, setAiming] = useState(false);
    const [isBroken, setBroken] = useState(false);
    const name = item.file ? item.file.name || "Pasted image" : item.url;
    const isSending = item.state === "sending";
    return (
        <li className={`flex items-center gap-3 rounded-xl border p-2 ${item.problem ? "border-bad" : "border-line"}`}>
            <span className="relative grid size-16 shrink-0 place-items-center overflow-hidden rounded-lg bg-sunk text-soft">
                {item.preview && !isBroken
                    ? <img src={item.preview} alt="" onError={() => setBroken(true)} className="size-full object-cover" />
                    : <Icon name={item.url ? "link" : "image"} />}
                {item.focus && !isBroken && (
                    <span aria-hidden="true" style={{ left: `${item.focus.x * 100}%`, top: `${item.focus.y * 100}%` }}
                        className="absolute size-3 -translate-1/2 rounded-full border-2 border-on-accent bg-accent" />
                )}
            </span>
            <div className="min-w-0 grow">
                <p className="truncate text-sm font-medium" title={name}>{name}</p>
                {item.problem && <p role="alert" className="text-sm text-bad">{explained(item)}</p>}
                {isSending && <progress max="1" value={item.file ? item.progress : undefined} aria-label={`Upload of ${name}`} className="h-1.5 w-full" />}
                {!isSending && !item.problem && <p className="truncate text-sm text-soft">{metadata(item)}</p>}
            </div>
            {item.preview && !isBroken && !isSending && <IconButton icon="focus" label={`Choose the focal point of ${name}`} onClick={() => setAiming(true)} />}
            <IconButton icon="close" label={`Remove ${name}`} onClick={() => dropItem(item.id)} />
            {isAiming && <Aim item={item} name={name} onClose={() => setAiming(false)} />}
        </li>
    );
}

function metadata(item) {
    const parts = [item.file ? size(item.file.size) : "Fetched by the service"];
    if (item.focus) parts.push(`focal point ${Math.round(item.focus.x * 100)}, ${Math.round(item.focus.y * 100)} %`);
    return parts.join(" · ");
}

/** If the connection is closed in the middle of a large file, there is no error response. */
function explained({ problem, file }) {
    const isLarge = file && file.size > 20 * 1024 * 1024;
    return problem.status === 0 && isLarge ? "The upload was interrupted; the file may be larger than allowed." : problem.message;
}

function Aim({ item, name, onClose }) {
    const { choice, pipeline } = useUploads();
    const [point, setPoint] = useState(item.focus || { x: 0.5, y: 0.5 });
    const chosen = chosenPipeline({ choice, pipeline });
    const keep = (focus) => {
        changeItem(item.id, { focus });
        onClose();
    };
    return (
        <Dialog title={`Focal point of ${name}`} onClose={onClose} className="max-w-2xl">
            <p className="mb-3 text-soft">Click the part of the image that must stay visible when it is cropped.</p>
            {chosen && !heedsFocus(chosen) && <p className="mb-3 rounded-lg bg-busy-wash px-3 py-2 text-sm text-busy">The selected preset does not crop images, so the focal point has no effect.</p>}
            <FocalPicker src={item.preview} point={point} onChange={setPoint} tall />
            <div className="mt-4 flex justify-end gap-2">
                {item.focus && <Button kind="quiet" onClick={() => keep(null)}>Without</Button>}
                <Button kind="primary" onClick={() => keep(point)}>Set focal point</Button>
            </div>
        </Dialog>
    );
}
