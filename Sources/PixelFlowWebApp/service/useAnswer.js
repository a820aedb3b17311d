import { useEffect, useState } from "react";
import { call } from "./calls.js";

/** The response to a GET of `path`; `answer` is null until it arrives, and `reload` repeats the request. Without a path, sends none. */
export function useAnswer(path) {
    const [state, setState] = useState({ answer: null, problem: null });
    const reload = () => call("GET", path).then(
        (answer) => setState({ answer, problem: null }), (problem) => setState((before) => ({ ...before, problem })));
    useEffect(() => {
        if (!path) return undefined;
        let isCurrent = true;
        setState({ answer: null, problem: null });
        call("GET", path).then(
            (answer) => isCurrent && setState({ answer, problem: null }), (problem) => isCurrent && setState({ answer: null, problem }));
        return () => { isCurrent = false; };
    }, [path]);
    return { ...state, reload };
}
