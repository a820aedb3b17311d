import { statuses } from "../ui/Status.jsx";
import { Icon } from "../ui/Icon.jsx";
import { Card } from "../ui/parts.jsx";
import { duration, moment, plural } from "../service/format.js";
import { stepWords } from "./words.js";

/** @param {{ task: import("@api").Task }} properties */
export function Timeline({ task }) {
    return (
        <Card aria-labelledby="timeline-heading" className="p-4">
            <h2 id="timeline-heading" className="text-lg font-semibold">Timeline</h2>
            <p className="text-sm text-soft">
                {plural(task.attempts, "attempt")}{task.generation > 1 && `, replayed ${plural(task.generation - 1, "time")}`}
                {task.status === "COMPLETED" && `, done in ${duration(seconds(task.created_at, task.completed_at))}`}
            </p>
            <ol className="mt-4 grid">
                {task.history.map((step, index) => <Step key={index} step={step} before={task.history[index - 1]} isLast={index === task.history.length - 1} />)}
            </ol>
        </Card>
    );
}

const seconds = (from, to) => (Date.parse(to) - Date.parse(from)) / 1000;

function Step({ step, before, isLast }) {
    const { icon, look } = statuses[step.status];
    return (
        <li className="relative flex gap-3 pb-5 last:pb-0">
            {!isLast && <span aria-hidden="true" className="absolute top-7 bottom-0 left-3.5 w-px bg-line" />}
            <span className={`grid size-7 shrink-0 place-items-center rounded-full ${look}`}><Icon name={icon} size={15} /></span>
            <div className="min-w-0 grow">
                <p className="font-medium">{stepWords(step)}</p>
                <p className="text-sm text-soft">
                    <time dateTime={step.at}>{moment(step.at)}</time>{before && `, after ${duration(seconds(before.at, step.at))}`}
                </p>
            </div>
        </li>
    );
}
