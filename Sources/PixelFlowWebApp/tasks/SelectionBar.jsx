import { Button } from "../ui/parts.jsx";
import { plural } from "../service/format.js";
import { useStore } from "../service/store.js";
import { cancel, cancellable, remove, replay, replayable } from "./actions.js";
import { select, taskStore } from "./taskStore.js";

/** The actions for the selected tasks. */
export function SelectionBar() {
    const { selection, ids } = useStore(taskStore);
    const chosen = [...selection];
    const [open, failed] = [cancellable(chosen), replayable(chosen)];
    return (
        <div role="region" aria-label="Selection" className="sticky top-(--header) z-[5] flex flex-wrap items-center gap-2 border-y border-line bg-accent-wash px-4 py-2">
            <span className="grow font-medium" aria-live="polite">{plural(chosen.length, "task")} selected</span>
            {open.length > 0 && <Button small icon="stop" onClick={() => cancel(open)}>Cancel {open.length}</Button>}
            {failed.length > 0 && <Button small icon="replay" onClick={() => replay(failed)}>Replay {failed.length}</Button>}
            <Button small kind="bad" icon="trash" onClick={() => remove(chosen)}>Delete {chosen.length}</Button>
            {chosen.length < ids.length && <Button small kind="quiet" onClick={() => select(ids, true)}>Select all {ids.length}</Button>}
            <Button small kind="quiet" onClick={() => select(chosen, false)}>Clear</Button>
        </div>
    );
}
