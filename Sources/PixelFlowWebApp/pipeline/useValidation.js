import { useEffect, useState } from "react";
import { call } from "../service/calls.js";

const pause = 300;

/** What the service says to a pipeline: `{isKnown, errors}`, the errors by the path of their field. */
export function useValidation(pipeline) {
    const [verdict, setVerdict] = useState({ isKnown: false, errors: {} });
    useEffect(() => {
        const stop = new AbortController();
        setVerdict((now) => ({ ...now, isKnown: false }));
        const timer = setTimeout(async () => {
            try {
                const answer = await call("POST", "/api/pipelines/check", pipeline, { signal: stop.signal });
                setVerdict({ isKnown: true, errors: answer.valid ? {} : { [answer.field || ""]: answer.detail } });
            } catch (problem) {
                // If it cannot be asked, it is told when the pipeline is sent.
                if (problem.name !== "AbortError") setVerdict({ isKnown: true, errors: {} });
            }
        }, pause);
        return () => {
            clearTimeout(timer);
            stop.abort();
        };
    }, [pipeline]);
    return verdict;
}
