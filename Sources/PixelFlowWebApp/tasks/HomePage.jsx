import { useEffect } from "react";
import { Composer } from "../compose/Composer.jsx";
import { plural } from "../service/format.js";
import { useIsKnown, useMay } from "../service/session.js";
import { useTitle } from "../shell/routing.jsx";
import { TaskList } from "./TaskList.jsx";
import { refreshStatistics, useStatistics } from "./statistics.js";

export function HomePage() {
    const { now } = useStatistics();
    const running = now ? now.counts.PENDING + now.counts.PROCESSING : 0;
    const mayWrite = useMay("tasks:write");
    const isKnown = useIsKnown();
    useTitle(running ? `${plural(running, "task")} in progress` : "Tasks");
    useEffect(refreshStatistics, []);
    return (
        <div className="grid grid-cols-1 gap-6">
            {(mayWrite || !isKnown) && <div inert={isKnown ? undefined : ""}><Composer /></div>}
            <TaskList />
        </div>
    );
}
