import { useEffect, useState } from "react";
import { call } from "./calls.js";

/** The response to a GET of `path`; `response` is null until it arrives, and `reload` repeats the request. Without a path, sends none. */
export function useResponse(path) {
    const [state, setState] = useState({ response: null, problem: null });
    const reload = () => call("GET", path).then(
        (response) => setState({ response, problem: null }), (problem) => setState((before) => ({ ...before, problem })));
    useEffect(() => {
        if (!path) return undefined;
        let isCurrent = true;
        setState({ response: null, problem: null });
        call("GET", path).then(
            (response) => isCurrent && setState({ response, problem: null }), (problem) => isCurrent && setState({ response: null, problem }));
        return () => { isCurrent = false; };
    }, [path]);
    return { ...state, reload };
}
