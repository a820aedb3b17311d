import { useEffect, useRef, useState } from "react";
import { Status } from "../ui/Status.jsx";
import { Icon } from "../ui/Icon.jsx";
import { Button, Card, Empty, Failure } from "../ui/parts.jsx";
import { useNow } from "../ui/now.js";
import { ago, moment, size } from "../service/format.js";
import { useMay } from "../service/session.js";
import { useStore } from "../service/store.js";
import { Link, go, useTitle } from "../shell/routing.jsx";
import { cancel, remove, replay } from "../tasks/actions.js";
import { pollEvery, stream } from "../tasks/following.js";
import { fetchTask, isOpen, nameOf, useOpenTask } from "../tasks/taskStore.js";
import { Comparison } from "./Comparison.jsx";
import { CurlCommand } from "./CurlCommand.jsx";
import { OutputTable } from "./OutputTable.jsx";
import { Timeline } from "./Timeline.jsx";
import { errorWords } from "./words.js";

export function TaskPage({ id }) {
    const task = useOpenTask(id);
    const [problem, setProblem] = useState(null);
    const [chosen, setChosen] = useState("");
    const load = () => {
        setProblem(null);
        fetchTask(id).catch(setProblem);
    };
    useEffect(load, [id]);
    useFreshness(id, task, load);
    useTitle(task ? nameOf(task) : "Task");
    if (problem && problem.status === 404) return <Gone />;
    if (!task) return problem ? <Failure problem={problem} onRetry={load} /> : <Loading />;
    const made = task.outputs.filter((output) => output.url);
    const output = made.find(({ name }) => name === chosen) || made[0];
    return (
        <div className="grid grid-cols-1 gap-6">
            <Heading task={task} />
            {task.error && <Trouble task={task} />}
            {isOpen(task) && <UnderWay task={task} />}
            {output && <Comparison key={output.sha256} task={task} output={output} />}
            {task.outputs.length > 0 && <OutputTable task={task} shown={output && output.name} onShow={setChosen} />}
            <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
                <Timeline task={task} />
                <CurlCommand task={task} />
            </div>
        </div>
    );
}

/** Reloads the task if the stream sends nothing: while it is down, and after the task has been deleted elsewhere. */
function useFreshness(id, task, load) {
    const isDown = useStore(stream, ({ state }) => state === "down");
    const isThere = Boolean(task);
    const wasThere = useRef(false);
    useEffect(() => {
        if (wasThere.current && !isThere) load();
        wasThere.current = isThere;
    }, [isThere]);
    useEffect(() => {
        if (!isDown) return undefined;
        const timer = setInterval(() => fetchTask(id).catch(() => {}), pollEvery);
        return () => clearInterval(timer);
    }, [id, isDown]);
}

function Heading({ task }) {
    const now = useNow();
    const name = nameOf(task);
    const mayWrite = useMay("tasks:write");
    const leave = () => {
        remove([task.id]);
        go("/");
    };
    return (
        <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
            <div className="min-w-0 grow basis-80">
                <Link to="/" className="inline-flex items-center gap-1 text-sm text-soft hover:text-ink"><Icon name="left" size={16} />All tasks</Link>
                <h1 className="mt-1 text-2xl font-semibold wrap-anywhere">{name}</h1>
                <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-soft">
                    <Status task={task} />
                    {task.source && <span>{task.source.width} × {task.source.height} {task.source.format}, {size(task.source.bytes)}</span>}
                    <time dateTime={task.created_at} title={moment(task.created_at)}>{ago(task.created_at, now)}</time>
                    {task.preset && <span>Preset {task.preset}</span>}
                    {task.priority && task.priority !== "normal" && <span>Priority {task.priority}</span>}
                </p>
            </div>
            {mayWrite && <div className="flex flex-wrap gap-2">
                {isOpen(task) && <Button icon="stop" disabled={task.cancel_requested} onClick={() => cancel([task.id])}>Cancel</Button>}
                {task.status === "FAILED" && <Button kind="primary" icon="replay" onClick={() => replay([task.id])}>Replay</Button>}
                <Button kind="bad" icon="trash" onClick={leave}>Delete</Button>
            </div>}
        </div>
    );
}

function Trouble({ task }) {
    const { title, advice } = errorWords(task.error);
    const isFinal = task.status === "FAILED";
    return (
        <div role="alert" className={`flex gap-3 rounded-2xl px-5 py-4 ${isFinal ? "bg-bad-wash text-bad" : "bg-busy-wash text-busy"}`}>
            <Icon name="warning" size={22} className="mt-0.5" />
            <div>
                <p className="font-semibold">{title}</p>
                <p>{task.error.message}{advice && ` ${advice}`}</p>
                {!isFinal && task.next_run_at && <p>It is retried automatically at {new Date(task.next_run_at).toLocaleTimeString()}.</p>}
                <p className="mt-1 text-sm">Code <code className="font-mono">{task.error.code}</code></p>
            </div>
        </div>
    );
}

function UnderWay({ task }) {
    return (
        <Card className="grid place-items-center gap-4 px-6 py-16 text-center">
            <p className="text-lg font-semibold">{task.status === "PENDING" ? "Waiting for a worker" : "Being processed"}</p>
            <progress max="1" value={task.progress || undefined} aria-label="Progress" className="h-2 w-64 max-w-full" />
            <p className="text-soft">The result appears here as soon as it is ready.</p>
        </Card>
    );
}

function Loading() {
    return (
        <div role="status" aria-label="Loading the task" className="grid grid-cols-1 gap-6">
            <div className="h-20 w-1/2 animate-shimmer rounded-2xl bg-sunk" /><div className="h-96 animate-shimmer rounded-2xl bg-sunk" />
        </div>
    );
}

function Gone() {
    return <Empty icon="search" title="This task does not exist"><Link to="/" className="text-accent underline">All tasks</Link></Empty>;
}
