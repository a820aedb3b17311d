import { useEffect, useState } from "react";
import { useIsWide } from "../ui/screen.js";
import { Button, Card, Empty, Failure } from "../ui/parts.jsx";
import { useIsKnown, useMay } from "../service/session.js";
import { useStore } from "../service/store.js";
import { SelectionBar } from "./SelectionBar.jsx";
import { TaskRow } from "./TaskRow.jsx";
import { Filters } from "./Filters.jsx";
import { VirtualList } from "./VirtualList.jsx";
import { list, listMore, taskStore } from "./taskStore.js";

/** Distance in rows from the end of the list at which more is loaded. */
const ahead = 60;

export function TaskList() {
    const { ids, isLoaded, isLoading, problem, cursor, query, selection } = useStore(taskStore);
    const mayWrite = useMay("tasks:write");
    const isWide = useIsWide();
    useEffect(() => { list(); }, []);
    const see = (last) => { if (cursor && !problem && last > ids.length - ahead) listMore(); };
    return (
        <Card aria-labelledby="tasks-heading" className="overflow-clip">
            <h1 id="tasks-heading" className="sr-only">Tasks</h1>
            <Filters />
            {mayWrite && selection.size > 0 && <SelectionBar />}
            {problem && <div className="p-4"><Failure problem={problem} onRetry={() => (isLoaded ? listMore() : list())} /></div>}
            {!isLoaded && !problem && <Skeleton isWide={isWide} />}
            {isLoaded && ids.length === 0 && <Nothing query={query} mayWrite={mayWrite} />}
            {ids.length > 0 && (
                <VirtualList ids={ids} rowHeight={isWide ? 84 : 116} onSee={see} label="Tasks, newest first"
                    row={(id) => <TaskRow id={id} isSelected={selection.has(id)} isWide={isWide} />} />
            )}
            {cursor && (
                <div className="grid place-items-center border-t border-line p-3">
                    <Button small disabled={isLoading} onClick={listMore}>{isLoading ? "Loading …" : "Older tasks"}</Button>
                </div>
            )}
        </Card>
    );
}

function Nothing({ query, mayWrite }) {
    const isKnown = useIsKnown();
    if (query.search) return <Empty icon="search" title="Nothing found">No task has “{query.search}” in its file name or URL.</Empty>;
    if (query.status) return <Empty icon="search" title={`No ${query.status.toLowerCase()} tasks`}>Choose another status to see the rest.</Empty>;
    return <Empty icon="image" title="No tasks yet">{isKnown && (mayWrite ? "Drop a photo above and watch it being processed here." : "They are listed here when a member of the organisation creates one.")}</Empty>;
}

/** As high as the expected rows. Shown only if loading takes long enough to be noticed. */
function Skeleton({ isWide }) {
    const [isSlow, setSlow] = useState(false);
    useEffect(() => {
        const timer = setTimeout(() => setSlow(true), 150);
        return () => clearTimeout(timer);
    }, []);
    return (
        <div role="status" aria-label="Loading the tasks" className={isSlow ? "" : "invisible"}>
            {[1, 2, 3, 4].map((row) => (
                <div key={row} className={`flex items-center gap-4 border-t border-line px-4 ${isWide ? "h-[84px]" : "h-[116px]"}`}>
                    <div className="size-14 animate-shimmer rounded-lg bg-sunk" />
                    <div className="grid grow gap-2">
                        <div className="h-4 w-1/3 animate-shimmer rounded bg-sunk" /><div className="h-3 w-1/2 animate-shimmer rounded bg-sunk" />
                    </div>
                </div>
            ))}
        </div>
    );
}
