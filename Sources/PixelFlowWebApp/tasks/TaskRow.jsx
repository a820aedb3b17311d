import { memo } from "react";
import { Picture, outputAddress, thumbnailOf } from "../ui/Picture.jsx";
import { Status } from "../ui/Status.jsx";
import { IconButton } from "../ui/parts.jsx";
import { useNow } from "../ui/now.js";
import { ago, moment, plural, saved, size } from "../service/format.js";
import { useMay } from "../service/session.js";
import { Link } from "../shell/routing.jsx";
import { errorWords } from "../task/words.js";
import { cancel, remove, replay } from "./actions.js";
import { isOpen, nameOf, select, useTask } from "./taskStore.js";

export const TaskRow = memo(function TaskRow({ id, isSelected, isWide }) {
    const task = useTask(id);
    const mayWrite = useMay("tasks:write");
    if (!task) return null;
    const name = nameOf(task);
    const thumbnail = thumbnailOf(task);
    return (
        <div data-task={id} className={`flex h-full items-center gap-3 px-3 sm:gap-4 sm:px-4 ${isSelected ? "bg-accent-wash" : "hover:bg-ground"}`}>
            {mayWrite && (
                <label className="-m-2 grid p-2">
                    <input type="checkbox" checked={isSelected} onChange={(event) => select([id], event.target.checked)}
                        aria-label={`Select ${name}`} className="size-4" />
                </label>
            )}
            <Link to={`/tasks/${id}`} tabIndex={-1} aria-hidden="true" className="shrink-0">
                <Picture src={thumbnail && outputAddress(thumbnail)} alt="" hash={task.source && task.source.blurhash} className="size-14 rounded-lg" />
            </Link>
            <div className="min-w-0 grow">
                <div className="flex items-center gap-2">
                    <Link to={`/tasks/${id}`} title={name} className="truncate font-medium text-ink no-underline hover:underline">{name}</Link>
                    {isWide && <Status task={task} />}
                </div>
                <Metadata task={task} />
                {!isWide && (
                    <div className="mt-1 flex items-center gap-1"><Status task={task} /><span className="grow" /><Actions task={task} name={name} /></div>
                )}
            </div>
            {isWide && <div className="flex shrink-0"><Actions task={task} name={name} /></div>}
        </div>
    );
});

/** @param {{ task: import("@api").Task }} properties */
function Metadata({ task }) {
    const now = useNow();
    const when = <time dateTime={task.created_at} title={moment(task.created_at)}>{ago(task.created_at, now)}</time>;
    if (task.status === "PROCESSING") {
        return (
            <div className="flex h-5 items-center gap-2 text-sm text-soft">
                <progress max="1" value={task.progress || undefined} aria-label={`Progress of ${nameOf(task)}`} className="h-1.5 w-40 min-w-0" />
                {task.progress > 0 && `${Math.round(task.progress * 100)} %`}
            </div>
        );
    }
    if (task.status === "FAILED" && task.error) return <p className="truncate text-sm text-bad" title={task.error.message}>{errorWords(task.error).title}</p>;
    return <p className="truncate text-sm text-soft">{[...summary(task)].map((part) => `${part} · `)}{when}</p>;
}

/** @param {import("@api").Task} task */
function* summary(task) {
    if (task.preset) yield task.preset;
    if (task.priority && task.priority !== "normal") yield `${task.priority} priority`;
    if (task.status === "PENDING" && task.error) yield `retrying: ${errorWords(task.error).title.toLowerCase()}`;
    const made = task.outputs.filter((output) => output.url);
    if (!made.length) return;
    yield plural(made.length, "output");
    const smallest = made.reduce((best, output) => (output.bytes < best.bytes ? output : best));
    const gain = saved(task.source && task.source.bytes, smallest.bytes);
    yield gain && gain.bytes > 0 ? `from ${size(smallest.bytes)}, ${gain.percent} % smaller` : `from ${size(smallest.bytes)}`;
}

/** @param {{ task: import("@api").Task, name: string }} properties */
function Actions({ task, name }) {
    const open = isOpen(task);
    if (!useMay("tasks:write")) return null;
    return (
        <>
            {open && <IconButton icon="stop" label={`Cancel ${name}`} disabled={task.cancel_requested} onClick={() => cancel([task.id])} />}
            {task.status === "FAILED" && <IconButton icon="replay" label={`Replay ${name}`} onClick={() => replay([task.id])} />}
            <IconButton icon="trash" label={`Delete ${name}`} onClick={() => remove([task.id])} />
        </>
    );
}
